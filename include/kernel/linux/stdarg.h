/* SPDX-License-Identifier: MIT */
/* Variable arguments. */
#ifndef UIK_LINUX_STDARG_H
#define UIK_LINUX_STDARG_H

#include <stdarg.h>

#endif
