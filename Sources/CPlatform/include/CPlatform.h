// What Swift cannot call or see by itself: variadic functions, macros, and GNU extensions.
#pragma once

#if __has_include("platform_network.h")
#include "platform_network.h"
#endif
#if __has_include("platform_system.h")
#include "platform_system.h"
#endif
