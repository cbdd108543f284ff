/* SPDX-License-Identifier: MIT */
/* Interrupt context. */
#ifndef UIK_LINUX_HARDIRQ_H
#define UIK_LINUX_HARDIRQ_H

#include <linux/irqreturn.h>
#include <linux/interrupt.h>

#endif
