/* SPDX-License-Identifier: MIT */
/* Section markers of start-up code; <linux/module.h> has module_init(). */
#ifndef UIK_LINUX_INIT_H
#define UIK_LINUX_INIT_H

#include <linux/compiler.h>

#define __init
#define __exit
#define __initdata
#define __initconst
#define __exitdata
#define __ro_after_init
#define __read_mostly
#define __refdata
#define __ref

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

#endif
