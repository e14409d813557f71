#include "CPlatform.h"
int sluice_platform_placeholder;
