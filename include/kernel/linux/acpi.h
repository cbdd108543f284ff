/* SPDX-License-Identifier: MIT */
/* ACPI is off: acpi_disabled is what it leaves behind. */
#ifndef UIK_LINUX_ACPI_H
#define UIK_LINUX_ACPI_H

#include <linux/types.h>
#include <linux/mod_devicetable.h>

#define acpi_disabled 1
#define ACPI_PTR(table) NULL

#endif
