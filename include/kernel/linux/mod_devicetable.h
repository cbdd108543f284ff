/* SPDX-License-Identifier: MIT */
/* Tables by which drivers name their devices. */
#ifndef UIK_LINUX_MOD_DEVICETABLE_H
#define UIK_LINUX_MOD_DEVICETABLE_H

#include <linux/types.h>

typedef unsigned long kernel_ulong_t;

#define PLATFORM_NAME_SIZE 24

struct platform_device_id {
	char name[PLATFORM_NAME_SIZE];
	kernel_ulong_t driver_data;
};

struct of_device_id {
	char name[32];
	char type[32];
	char compatible[128];
	const void *data;
};

struct acpi_device_id {
	u8 id[16];
	kernel_ulong_t driver_data;
};

#endif
