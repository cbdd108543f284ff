/* SPDX-License-Identifier: MIT */
/*
 * Named properties of a device, given by whoever made it (software nodes).
 */
#ifndef UIK_LINUX_PROPERTY_H
#define UIK_LINUX_PROPERTY_H

#include <linux/types.h>
#include <linux/errno.h>
#include <linux/err.h>
#include <uik/abi.h>

struct device;

enum dev_prop_type {
	DEV_PROP_U8,
	DEV_PROP_U16,
	DEV_PROP_U32,
	DEV_PROP_U64,
	DEV_PROP_STRING,
	DEV_PROP_REF,
};

/* A list of them ends with a NULL name. */
struct property_entry {
	const char *name;
	size_t length;		/* bytes of the value; 0: there is none */
	bool is_inline;
	enum dev_prop_type type;
	union {
		const void *pointer;
		union {
			u8 u8_data[8];
			u16 u16_data[4];
			u32 u32_data[2];
			u64 u64_data[1];
			const char *str[1];
		} value;
	};
};

#define uik_property(name_, type_, member_, value_)                     \
	(struct property_entry)                                         \
	{                                                               \
		.name = (name_), .is_inline = true, .type = (type_),    \
		.length = sizeof(((struct property_entry *)0)           \
					 ->value.member_[0]),           \
		.value = { .member_ = { (value_) } },                   \
	}
#define PROPERTY_ENTRY_U8(name, v) uik_property(name, DEV_PROP_U8, u8_data, v)
#define PROPERTY_ENTRY_U16(name, v) \
	uik_property(name, DEV_PROP_U16, u16_data, v)
#define PROPERTY_ENTRY_U32(name, v) \
	uik_property(name, DEV_PROP_U32, u32_data, v)
#define PROPERTY_ENTRY_U64(name, v) \
	uik_property(name, DEV_PROP_U64, u64_data, v)
#define PROPERTY_ENTRY_STRING(name, v) \
	uik_property(name, DEV_PROP_STRING, str, v)
#define PROPERTY_ENTRY_U32_ARRAY(name_, array_)                   \
	(struct property_entry)                                   \
	{                                                         \
		.name = (name_), .type = DEV_PROP_U32,            \
		.length = sizeof(array_), .pointer = (array_),    \
	}
#define PROPERTY_ENTRY_BOOL(name_)       \
	(struct property_entry)          \
	{                                \
		.name = (name_), .is_inline = true, \
	}

struct fwnode_handle;
struct fwnode_operations;

/* A firmware node: identity, and whose driver serves it. */
struct fwnode_handle {
	const struct fwnode_operations *ops;
	struct device *dev;
	const char *name;
};

struct software_node {
	const char *name;
	const struct software_node *parent;
	const struct property_entry *properties;
};

/**
 * device_create_managed_software_node - give a device properties.
 * @properties: copied, strings and arrays too
 * @parent: borrowed; NULL
 *
 * They go with the device.
 * Return: 0; -EEXIST it has some; -ENOMEM.  spec/15 section 2.15
 */
int device_create_managed_software_node(struct device *dev,
					const struct property_entry *properties,
					const struct software_node *parent)
	__uik(device_create_managed_software_node);

/** device_property_present - whether there is one of that name. */
bool device_property_present(const struct device *dev, const char *name)
	__uik(device_property_present);
#define device_property_read_bool(dev, name) \
	device_property_present((dev), (name))

/**
 * device_property_read_u32_array - numbers of a property.
 * @out: receives @count of them; NULL: only count
 *
 * Return: 0 (or how many, with @out NULL); -EINVAL no such property, -EPROTO
 * other type, -EOVERFLOW fewer than @count.
 */
int device_property_read_u32_array(const struct device *dev, const char *name,
				   u32 *out, size_t count)
	__uik(device_property_read_u32_array);
/** device_property_read_u64_array - the same with 64 bits. */
int device_property_read_u64_array(const struct device *dev, const char *name,
				   u64 *out, size_t count)
	__uik(device_property_read_u64_array);
/** device_property_read_string - a string that lives as long as @dev. */
int device_property_read_string(const struct device *dev, const char *name,
				const char **out)
	__uik(device_property_read_string);

static inline int device_property_read_u32(const struct device *dev,
					   const char *name, u32 *out)
{
	return device_property_read_u32_array(dev, name, out, 1);
}

static inline int device_property_read_u64(const struct device *dev,
					   const char *name, u64 *out)
{
	return device_property_read_u64_array(dev, name, out, 1);
}

/** dev_fwnode - the device's firmware node, or NULL. */
struct fwnode_handle *uik_dev_fwnode(const struct device *dev) __uik_export;
#define dev_fwnode(dev) uik_dev_fwnode(dev)

#endif
