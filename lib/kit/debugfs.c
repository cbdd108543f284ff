/* SPDX-License-Identifier: MIT */
/*
 * The tree of debug values: directories and numbers.
 *
 * Creating an entry may fail silently for want of memory, as drivers expect.
 */
#include <linux/debugfs.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "kit/machine.h"

#define PATH_BYTES 512

enum entry_kind {
	ENTRY_DIRECTORY,
	ENTRY_BOOL,
	ENTRY_DECIMAL,
	ENTRY_HEX,
};

struct dentry {
	char *name;		/* owned */
	enum entry_kind kind;
	umode_t mode;
	unsigned int width;	/* bytes of the value */
	void *value;		/* borrowed: the driver's variable */
	struct dentry *parent;
	struct list_head children;
	struct list_head sibling;
};

static struct dentry *entry_make(const char *name, enum entry_kind kind)
{
	struct dentry *entry = kzalloc_obj(*entry);

	if (!entry)
		return NULL;
	entry->name = kstrdup(name, GFP_KERNEL);
	if (!entry->name) {
		kfree(entry);
		return NULL;
	}
	entry->kind = kind;
	INIT_LIST_HEAD(&entry->children);
	INIT_LIST_HEAD(&entry->sibling);
	return entry;
}

static void entry_free(struct dentry *entry)
{
	kfree(entry->name);
	kfree(entry);
}

/* The top is made with the first entry and goes with the last; the lock is held. */
static struct dentry *top_locked(struct uik_machine *machine)
{
	if (!machine->debugfs_root)
		machine->debugfs_root = entry_make("", ENTRY_DIRECTORY);
	return machine->debugfs_root;
}

static struct dentry *child_locked(struct dentry *parent, const char *name,
				   size_t length)
{
	struct dentry *entry;

	list_for_each_entry(entry, &parent->children, sibling)
		if (strlen(entry->name) == length &&
		    !memcmp(entry->name, name, length))
			return entry;
	return NULL;
}

/* Consumes @entry on failure. */
static struct dentry *entry_add(struct dentry *entry, struct dentry *parent)
{
	struct uik_machine *machine = uik_this_machine();
	int rc = 0;

	mutex_lock(&machine->debugfs_lock);
	if (!parent)
		parent = top_locked(machine);
	if (!parent)
		rc = -ENOMEM;
	else if (child_locked(parent, entry->name, strlen(entry->name)))
		rc = -EEXIST;
	else
		list_add_tail(&entry->sibling, &parent->children);
	entry->parent = parent;
	mutex_unlock(&machine->debugfs_lock);
	if (!rc)
		return entry;
	entry_free(entry);
	return ERR_PTR(rc);
}

struct dentry *debugfs_create_dir(const char *name, struct dentry *parent)
{
	struct dentry *entry;

	if (IS_ERR(parent))
		return parent;
	entry = entry_make(name, ENTRY_DIRECTORY);
	return entry ? entry_add(entry, parent) : ERR_PTR(-ENOMEM);
}

static void value_create(const char *name, umode_t mode, struct dentry *parent,
			 void *value, enum entry_kind kind, unsigned int width)
{
	struct dentry *entry;

	if (IS_ERR(parent))
		return;
	entry = entry_make(name, kind);
	if (!entry)
		return;
	entry->mode = mode;
	entry->value = value;
	entry->width = width;
	entry_add(entry, parent);
}

void debugfs_create_bool(const char *name, umode_t mode, struct dentry *parent,
			 bool *value)
{
	value_create(name, mode, parent, value, ENTRY_BOOL, 1);
}

void debugfs_create_u8(const char *name, umode_t mode, struct dentry *parent,
		       u8 *value)
{
	value_create(name, mode, parent, value, ENTRY_DECIMAL, 1);
}

void debugfs_create_u32(const char *name, umode_t mode, struct dentry *parent,
			u32 *value)
{
	value_create(name, mode, parent, value, ENTRY_DECIMAL, 4);
}

void debugfs_create_u64(const char *name, umode_t mode, struct dentry *parent,
			u64 *value)
{
	value_create(name, mode, parent, value, ENTRY_DECIMAL, 8);
}

void debugfs_create_ulong(const char *name, umode_t mode, struct dentry *parent,
			  unsigned long *value)
{
	value_create(name, mode, parent, value, ENTRY_DECIMAL, 8);
}

void debugfs_create_x32(const char *name, umode_t mode, struct dentry *parent,
			u32 *value)
{
	value_create(name, mode, parent, value, ENTRY_HEX, 4);
}

void debugfs_create_x64(const char *name, umode_t mode, struct dentry *parent,
			u64 *value)
{
	value_create(name, mode, parent, value, ENTRY_HEX, 8);
}

void debugfs_create_atomic_t(const char *name, umode_t mode,
			     struct dentry *parent, atomic_t *value)
{
	value_create(name, mode, parent, &value->counter, ENTRY_DECIMAL, 4);
}

/* Leaf after leaf, so that depth costs no stack. */
static void tree_free(struct dentry *top)
{
	struct dentry *entry = top, *parent;

	for (;;) {
		if (!list_empty(&entry->children)) {
			entry = list_first_entry(&entry->children,
						 struct dentry, sibling);
			continue;
		}
		parent = entry->parent;
		list_del(&entry->sibling);
		entry_free(entry);
		if (entry == top)
			return;
		entry = parent;
	}
}

void debugfs_fini(struct uik_machine *machine)
{
	if (machine->debugfs_root)
		tree_free(machine->debugfs_root);
	machine->debugfs_root = NULL;
}

void debugfs_remove(struct dentry *entry)
{
	struct uik_machine *machine = uik_this_machine();
	struct dentry *top;

	if (IS_ERR_OR_NULL(entry))
		return;
	mutex_lock(&machine->debugfs_lock);
	tree_free(entry);
	top = machine->debugfs_root;
	if (top && list_empty(&top->children))
		debugfs_fini(machine);
	mutex_unlock(&machine->debugfs_lock);
}

static struct dentry *walk_locked(struct dentry *at, const char *path)
{
	size_t length;

	while (at && *path) {
		length = strcspn(path, "/");
		if (length)
			at = child_locked(at, path, length);
		path += length + (path[length] == '/');
	}
	return at;
}

struct dentry *debugfs_lookup(const char *name, struct dentry *parent)
{
	struct uik_machine *machine = uik_this_machine();
	struct dentry *entry = NULL;

	if (IS_ERR(parent))
		return NULL;
	mutex_lock(&machine->debugfs_lock);
	if (!parent)
		parent = machine->debugfs_root;
	if (parent)
		entry = child_locked(parent, name, strlen(name));
	mutex_unlock(&machine->debugfs_lock);
	return entry;
}

static u64 value_load(const struct dentry *entry)
{
	switch (entry->width) {
	case 1:
		return __atomic_load_n((u8 *)entry->value, __ATOMIC_RELAXED);
	case 4:
		return __atomic_load_n((u32 *)entry->value, __ATOMIC_RELAXED);
	default:
		return __atomic_load_n((u64 *)entry->value, __ATOMIC_RELAXED);
	}
}

static void value_store(const struct dentry *entry, u64 value)
{
	switch (entry->width) {
	case 1:
		__atomic_store_n((u8 *)entry->value, (u8)value,
				 __ATOMIC_RELAXED);
		break;
	case 4:
		__atomic_store_n((u32 *)entry->value, (u32)value,
				 __ATOMIC_RELAXED);
		break;
	default:
		__atomic_store_n((u64 *)entry->value, value, __ATOMIC_RELAXED);
	}
}

static int value_print(const struct dentry *entry, char *buf, size_t size)
{
	u64 value = value_load(entry);
	int n;

	if (entry->kind == ENTRY_BOOL)
		n = snprintf(buf, size, "%c", value ? 'Y' : 'N');
	else if (entry->kind == ENTRY_HEX)
		n = snprintf(buf, size, "0x%0*llx", (int)entry->width * 2,
			     value);
	else
		n = snprintf(buf, size, "%llu", value);
	return n < 0 || (size_t)n >= size ? -ENOSPC : n;
}

static int value_parse(const struct dentry *entry, const char *text, u64 *out)
{
	char *end;

	if (entry->kind == ENTRY_BOOL) {
		if (!*text || !strchr("01yYnNtTfF", *text))
			return -EINVAL;
		*out = strchr("1yYtT", *text) != NULL;
		return 0;
	}
	errno = 0;
	*out = strtoull(text, &end, 0);
	if (errno || end == text || (*end && *end != '\n'))
		return -EINVAL;
	return entry->width < 8 && *out >> (8 * entry->width) ? -EINVAL : 0;
}

/* The value at a path; checks that it is one and that @mode is allowed. */
static struct dentry *value_at_locked(struct uik_machine *machine,
				      const char *path, umode_t mode)
{
	struct dentry *entry = walk_locked(machine->debugfs_root, path);

	if (!entry)
		return ERR_PTR(-ENOENT);
	if (entry->kind == ENTRY_DIRECTORY)
		return ERR_PTR(-EISDIR);
	return entry->mode & mode ? entry : ERR_PTR(-EACCES);
}

int uik_debugfs_read(const char *path, char *buf, size_t size)
{
	struct uik_machine *machine = uik_this_machine();
	struct dentry *entry;
	int rc;

	mutex_lock(&machine->debugfs_lock);
	entry = value_at_locked(machine, path, 0444);
	rc = IS_ERR(entry) ? (int)PTR_ERR(entry) :
			     value_print(entry, buf, size);
	mutex_unlock(&machine->debugfs_lock);
	return rc;
}

int uik_debugfs_write(const char *path, const char *text)
{
	struct uik_machine *machine = uik_this_machine();
	struct dentry *entry;
	u64 value = 0;
	int rc;

	mutex_lock(&machine->debugfs_lock);
	entry = value_at_locked(machine, path, 0222);
	rc = IS_ERR(entry) ? (int)PTR_ERR(entry) :
			     value_parse(entry, text, &value);
	if (!rc)
		value_store(entry, value);
	mutex_unlock(&machine->debugfs_lock);
	return rc;
}

/* The next entry in depth-first order below @top; NULL at the end. */
static struct dentry *next_entry(struct dentry *top, struct dentry *at)
{
	if (!list_empty(&at->children))
		return list_first_entry(&at->children, struct dentry, sibling);
	while (at != top && list_is_last(&at->sibling, &at->parent->children))
		at = at->parent;
	return at == top ? NULL : list_next_entry(at, sibling);
}

/* Names from the top, built from the end of @buf. */
static const char *path_of(const struct dentry *top, const struct dentry *at,
			   char *buf, size_t size)
{
	size_t used = size - 1, length;

	buf[used] = '\0';
	for (; at != top; at = at->parent) {
		length = strlen(at->name);
		if (length + 1 > used)
			break;
		used -= length;
		memcpy(buf + used, at->name, length);
		if (at->parent != top)
			buf[--used] = '/';
	}
	return buf + used;
}

void uik_debugfs_list(void (*visit)(const char *path, bool directory,
				    void *arg), void *arg)
{
	struct uik_machine *machine = uik_this_machine();
	struct dentry *top, *at;
	char buf[PATH_BYTES];

	mutex_lock(&machine->debugfs_lock);
	top = machine->debugfs_root;
	for (at = top; at; at = next_entry(top, at))
		if (at != top)
			visit(path_of(top, at, buf, sizeof(buf)),
			      at->kind == ENTRY_DIRECTORY, arg);
	mutex_unlock(&machine->debugfs_lock);
}
