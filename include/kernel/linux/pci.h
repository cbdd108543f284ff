/* SPDX-License-Identifier: MIT */
/* There is no PCI bus: no device is a PCI device. */
#ifndef UIK_LINUX_PCI_H
#define UIK_LINUX_PCI_H

#include <linux/types.h>
#include <linux/device.h>

struct pci_dev;

#define dev_is_pci(dev) ((void)(dev), false)

#endif
