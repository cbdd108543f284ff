// SPDX-License-Identifier: MIT
/*
 * The tree: making it, walking it.
 */
#include "client/vfs_tree.h"

#include <errno.h>
#include <string.h>

#include "client/vfs.h"

#define LINKS_MAX 40		/* as many as Linux follows */
#define FIRST_INO 0x75696f00ul

static ino_t last_ino = FIRST_INO;	/* atomic */

static void entry_free(gpointer data)
{
	struct vfs_entry *entry = data;

	g_clear_pointer(&entry->children, g_ptr_array_unref);
	g_clear_pointer(&entry->contents, g_bytes_unref);
	g_free(entry->name);
	g_free(entry);
}

static struct vfs_entry *entry_new(struct vfs_entry *parent, const char *name,
				   size_t length, mode_t mode)
{
	struct vfs_entry *entry = g_new0(struct vfs_entry, 1);

	entry->name = g_strndup(name, length);
	entry->parent = parent;
	entry->mode = mode;
	entry->ino = __atomic_add_fetch(&last_ino, 1, __ATOMIC_RELAXED);
	if (S_ISDIR(mode))
		entry->children = g_ptr_array_new_with_free_func(entry_free);
	if (parent)
		g_ptr_array_add(parent->children, entry);
	return entry;
}

struct vfs_entry *vfs_tree_new(void)
{
	struct vfs_entry *root = entry_new(NULL, "", 0, S_IFDIR | 0755);

	root->shared = true;
	return root;
}

void vfs_tree_free(struct vfs_entry *root)
{
	if (root)
		entry_free(root);
}

struct vfs_entry *vfs_tree_child(const struct vfs_entry *dir, const char *name,
				 size_t length)
{
	for (guint i = 0; i < dir->children->len; i++) {
		struct vfs_entry *child = dir->children->pdata[i];

		if (!strncmp(child->name, name, length) &&
		    !child->name[length])
			return child;
	}
	return NULL;
}

/* The directory in which the last part of @path is, made if need be. */
static struct vfs_entry *parent_of(struct vfs_entry *root, const char *path,
				   const char **out_name)
{
	struct vfs_entry *at = root;
	const char *end;

	for (path++; (end = strchr(path, '/')); path = end + 1) {
		struct vfs_entry *child = vfs_tree_child(at, path, end - path);

		if (!child) {
			child = entry_new(at, path, end - path,
					  S_IFDIR | 0755);
			child->shared = true;
		}
		g_assert(S_ISDIR(child->mode));
		at = child;
	}
	*out_name = path;
	return at;
}

static struct vfs_entry *make(struct vfs_entry *root, const char *path,
			      mode_t mode)
{
	const char *name;
	struct vfs_entry *parent = parent_of(root, path, &name);
	struct vfs_entry *entry = vfs_tree_child(parent, name, strlen(name));

	if (!entry)
		return entry_new(parent, name, strlen(name), mode);
	g_assert(S_ISDIR(mode) && S_ISDIR(entry->mode));
	return entry;
}

void vfs_tree_dir(struct vfs_entry *root, const char *path)
{
	make(root, path, S_IFDIR | 0755)->shared = false;
}

void vfs_tree_device(struct vfs_entry *root, const char *path, mode_t perm,
		     dev_t rdev)
{
	make(root, path, S_IFCHR | perm)->rdev = rdev;
}

void vfs_tree_file(struct vfs_entry *root, const char *path, mode_t perm,
		   const void *data, size_t size)
{
	make(root, path, S_IFREG | perm)->contents = g_bytes_new(data, size);
}

void vfs_tree_link(struct vfs_entry *root, const char *path,
		   const char *target)
{
	make(root, path, S_IFLNK | 0777)->contents =
		g_bytes_new(target, strlen(target) + 1);
}

void vfs_tree_text(struct vfs_entry *root, const char *path,
		   const char *format, ...)
{
	g_autofree char *text = NULL, *line = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	line = g_strconcat(text, "\n", NULL);
	vfs_tree_file(root, path, 0444, line, strlen(line));
}

/* What is left of a walk. */
struct walk {
	struct vfs_entry *root, *at;
	char rest[VFS_PATH_MAX];
	unsigned int links;
};

/* Puts a link's target before the rest. */
static int take_link(struct walk *walk, const struct vfs_entry *link,
		     const char *rest)
{
	char joined[VFS_PATH_MAX];
	const char *target = vfs_entry_target(link);

	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	if (g_snprintf(joined, sizeof(joined), "%s/%s", target, rest) >=
	    (int)sizeof(joined))
		return -ENAMETOOLONG;
	strcpy(walk->rest, joined);
	walk->at = target[0] == '/' ? walk->root : link->parent;
	return 0;
}

/* One part of the path, @length bytes of walk->rest; @more: others follow. */
static int step(struct walk *walk, const char *part, size_t length,
		bool follow)
{
	const char *rest = part + length;
	struct vfs_entry *child;
	bool more = rest[strspn(rest, "/")];

	if (!S_ISDIR(walk->at->mode))
		return -ENOTDIR;
	if (length == 2 && part[0] == '.' && part[1] == '.')
		child = walk->at->parent ? walk->at->parent : walk->at;
	else if (length == 1 && part[0] == '.')
		child = walk->at;
	else
		child = vfs_tree_child(walk->at, part, length);
	if (!child)
		return -ENOENT;
	if (S_ISLNK(child->mode) && (more || follow || *rest))
		return take_link(walk, child, rest);
	memmove(walk->rest, rest, strlen(rest) + 1);
	walk->at = child;
	return 0;
}

static int walk_all(struct walk *walk, bool follow)
{
	int rc = 0;

	while (!rc) {
		const char *part = walk->rest + strspn(walk->rest, "/");
		size_t length = strcspn(part, "/");

		if (!length)
			break;
		rc = step(walk, part, length, follow);
	}
	return rc;
}

int vfs_tree_walk(struct vfs_entry *root, const char *path, bool follow,
		  struct vfs_entry **out)
{
	struct walk walk = { .root = root, .at = root };
	size_t length = strlen(path);
	int rc;

	if (length >= sizeof(walk.rest))
		return -ENAMETOOLONG;
	strcpy(walk.rest, path);
	rc = walk_all(&walk, follow);
	if (!rc && length && path[length - 1] == '/' &&
	    !S_ISDIR(walk.at->mode))
		rc = -ENOTDIR;
	if (rc == -ENOENT && follow && !vfs_tree_walk(root, path, false, out))
		return 0;	/* a last link, to what is not ours */
	if (!rc)
		*out = walk.at;
	return rc;
}

bool vfs_tree_path(const struct vfs_entry *entry, char *out, size_t size)
{
	size_t length = 0, part;

	if (!entry->parent)
		return size > 1 && strcpy(out, "/");
	if (entry->parent->parent) {
		if (!vfs_tree_path(entry->parent, out, size))
			return false;
		length = strlen(out);
	}
	part = strlen(entry->name);
	if (length + 1 + part >= size)
		return false;
	out[length] = '/';
	memcpy(out + length + 1, entry->name, part + 1);
	return true;
}
