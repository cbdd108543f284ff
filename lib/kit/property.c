/* SPDX-License-Identifier: MIT */
/*
 * Properties of devices: one block with copies of everything that was given.
 */
#include <linux/property.h>

#include <string.h>
#include <linux/device.h>
#include <linux/slab.h>

#include "kit/device.h"

struct uik_device_properties {
	struct fwnode_handle fwnode;
	size_t count;
	struct property_entry entries[];
};

static size_t entry_count(const struct property_entry *properties)
{
	size_t count = 0;

	while (properties && properties[count].name)
		count++;
	return count;
}

/* Bytes of an entry's data that lie elsewhere. */
static size_t outside_bytes(const struct property_entry *entry)
{
	if (entry->is_inline)
		return entry->type == DEV_PROP_STRING && entry->length ?
			       strlen(entry->value.str[0]) + 1 : 0;
	return (entry->length + 7) & ~(size_t)7;
}

static size_t copy_bytes(const struct property_entry *properties, size_t count)
{
	size_t bytes = 0, i;

	for (i = 0; i < count; i++)
		bytes += strlen(properties[i].name) + 1 +
			 outside_bytes(&properties[i]) + 8;
	return bytes;
}

static char *copy_in(char *at, const void *from, size_t n)
{
	memcpy(at, from, n);
	return at + n;
}

/* @at has room for name and data; returns what comes after. */
static char *entry_copy(struct property_entry *to,
			const struct property_entry *from, char *at)
{
	size_t bytes = outside_bytes(from);

	*to = *from;
	to->name = at;
	at = copy_in(at, from->name, strlen(from->name) + 1);
	at = (char *)(((uintptr_t)at + 7) & ~7ul);
	if (!bytes)
		return at;
	if (from->is_inline) {
		to->value.str[0] = at;
		return copy_in(at, from->value.str[0], bytes);
	}
	to->pointer = at;
	return copy_in(at, from->pointer, from->length);
}

int device_create_managed_software_node(struct device *dev,
					const struct property_entry *properties,
					const struct software_node *parent)
{
	size_t count = entry_count(properties), head, i;
	struct uik_device_properties *copy;
	char *at;

	if (dev->properties_)
		return -EEXIST;
	head = sizeof(*copy) + count * sizeof(copy->entries[0]);
	copy = kzalloc(head + copy_bytes(properties, count), GFP_KERNEL);
	if (!copy)
		return -ENOMEM;
	copy->count = count;
	at = (char *)copy + head;
	for (i = 0; i < count; i++)
		at = entry_copy(&copy->entries[i], &properties[i], at);
	copy->fwnode.dev = dev;
	copy->fwnode.name = dev->kobj.name;
	dev->properties_ = copy;
	if (!dev->fwnode)
		dev->fwnode = &copy->fwnode;
	return 0;
}

void device_properties_free(struct device *dev)
{
	if (dev->properties_ && dev->fwnode == &dev->properties_->fwnode)
		dev->fwnode = NULL;
	kfree(dev->properties_);
	dev->properties_ = NULL;
}

struct fwnode_handle *uik_dev_fwnode(const struct device *dev)
{
	return dev->fwnode;
}

static const struct property_entry *entry_of(const struct device *dev,
					     const char *name)
{
	size_t i;

	for (i = 0; dev->properties_ && i < dev->properties_->count; i++)
		if (!strcmp(dev->properties_->entries[i].name, name))
			return &dev->properties_->entries[i];
	return NULL;
}

bool device_property_present(const struct device *dev, const char *name)
{
	return entry_of(dev, name);
}

static const void *entry_data(const struct property_entry *entry)
{
	return entry->is_inline ? (const void *)&entry->value : entry->pointer;
}

static int read_numbers(const struct device *dev, const char *name,
			enum dev_prop_type type, size_t size, void *out,
			size_t count)
{
	const struct property_entry *entry = entry_of(dev, name);

	if (!entry)
		return -EINVAL;
	if (entry->type != type)
		return -EPROTO;
	if (!out)
		return entry->length / size;
	if (entry->length < count * size)
		return -EOVERFLOW;
	memcpy(out, entry_data(entry), count * size);
	return 0;
}

int device_property_read_u32_array(const struct device *dev, const char *name,
				   u32 *out, size_t count)
{
	return read_numbers(dev, name, DEV_PROP_U32, sizeof(u32), out, count);
}

int device_property_read_u64_array(const struct device *dev, const char *name,
				   u64 *out, size_t count)
{
	return read_numbers(dev, name, DEV_PROP_U64, sizeof(u64), out, count);
}

int device_property_read_string(const struct device *dev, const char *name,
				const char **out)
{
	const struct property_entry *entry = entry_of(dev, name);

	if (!entry)
		return -EINVAL;
	if (entry->type != DEV_PROP_STRING)
		return -EPROTO;
	*out = entry->value.str[0];
	return 0;
}
