/* SPDX-License-Identifier: MIT */
/* Buses and devices of a machine, and the process's drivers. */
#ifndef KIT_DEVICE_H
#define KIT_DEVICE_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

/* A bus as one machine has it. */
struct bus_state {
	struct list_head node;
	const struct bus_type *bus;
	struct list_head devices;	/* in the order they were added */
	struct blocking_notifier_head notifiers;
};

struct device_space {
	struct mutex lock;		/* buses, and their devices' lists */
	struct list_head buses;
	struct bus_state platform;
	u64 last_sequence;
	u32 last_auto_id;
};

void device_space_init(struct device_space *space);
void device_space_fini(struct device_space *space);

/* NULL if the machine does not know it. */
struct bus_state *bus_state_of(struct uik_machine *machine,
			       const struct bus_type *bus);
void bus_notify(struct device *dev, enum bus_notifier_event event);

/* driver.c */
int device_bind_any(struct device *dev);
void device_unbind(struct device *dev);

/* property.c */
void device_properties_free(struct device *dev);

#endif
