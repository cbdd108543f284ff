/* SPDX-License-Identifier: MIT */
/* Character classes. */
#ifndef UIK_LINUX_CTYPE_H
#define UIK_LINUX_CTYPE_H

#include <ctype.h>

#endif
