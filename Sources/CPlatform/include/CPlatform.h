// What Swift cannot call or see by itself: variadic functions, macros, and GNU extensions.
#pragma once

#include "platform_network.h"
#include "platform_system.h"
