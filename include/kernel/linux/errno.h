/* SPDX-License-Identifier: MIT */
/* The host's errno values, plus those that never leave a kernel. */
#include_next <linux/errno.h>

#ifndef UIK_LINUX_ERRNO_H
#define UIK_LINUX_ERRNO_H

#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ENOIOCTLCMD 515
#define ERESTART_RESTARTBLOCK 516
#define EPROBE_DEFER 517
#define EOPENSTALE 518
#define ENOPARAM 519
#define ENOTSUPP 524
#define EIOCBQUEUED 529
#define ERECALLCONFLICT 530

#endif
