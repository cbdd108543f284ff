// SPDX-License-Identifier: MIT
/*
 * Laws of lib/client/vfs*.c: what a platform has at which path, and that the
 * system's own calls see it where it is laid out.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "client/vfs.h"
#include "client/vfs_layout.h"
#include "client/vfs_tree.h"
#include "client_rig.h"

#define FAILS(call, error) \
	do { \
		errno = 0; \
		assert_int_equal((call), -1); \
		assert_int_equal(errno, (error)); \
	} while (0)

static struct vfs_entry *small_tree(void)
{
	struct vfs_entry *root = vfs_tree_new();

	vfs_tree_device(root, "/dev/one", 0600, makedev(7, 1));
	vfs_tree_text(root, "/sys/devices/a/vendor", "0x%04x", 0x1b36);
	vfs_tree_link(root, "/sys/bus/a", "../devices/a");
	vfs_tree_link(root, "/sys/bus/abs", "/sys/devices/a");
	vfs_tree_link(root, "/sys/bus/away", "/proc/self");
	vfs_tree_link(root, "/sys/bus/loop", "loop2");
	vfs_tree_link(root, "/sys/bus/loop2", "loop");
	vfs_tree_dir(root, "/sys/devices/a");
	return root;
}

/* A walk follows links in the middle always, at the end if asked to. */
static void walks(void **state)
{
	static const struct {
		const char *path;
		bool follow;
		int rc;
		const char *canonical;
	} rows[] = {
		{ "/", true, 0, "/" },
		{ "/..", true, 0, "/" },
		{ "/dev/one", true, 0, "/dev/one" },
		{ "//dev/./../dev//one", true, 0, "/dev/one" },
		{ "/dev/one/", true, -ENOTDIR, NULL },
		{ "/dev/one/x", true, -ENOTDIR, NULL },
		{ "/dev/on", true, -ENOENT, NULL },
		{ "/dev/one2", true, -ENOENT, NULL },
		{ "/sys/bus/a", true, 0, "/sys/devices/a" },
		{ "/sys/bus/a", false, 0, "/sys/bus/a" },
		{ "/sys/bus/a/", false, 0, "/sys/devices/a" },
		{ "/sys/bus/a/vendor", false, 0, "/sys/devices/a/vendor" },
		{ "/sys/bus/abs/../a/vendor", false, 0,
		  "/sys/devices/a/vendor" },
		{ "/sys/bus/away", true, 0, "/sys/bus/away" },
		{ "/sys/bus/away/x", true, -ENOENT, NULL },
		{ "/sys/bus/loop", true, -ELOOP, NULL },
		{ "/sys/bus/loop", false, 0, "/sys/bus/loop" },
	};
	struct vfs_entry *root = small_tree();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vfs_entry *entry = NULL;
		char path[VFS_PATH_MAX];
		int rc = vfs_tree_walk(root, rows[i].path, rows[i].follow,
				       &entry);

		assert_int_equal(rc, rows[i].rc);
		if (rc)
			continue;
		assert_true(vfs_tree_path(entry, path, sizeof(path)));
		assert_string_equal(path, rows[i].canonical);
	}
	vfs_tree_free(root);
}

static void long_paths(void **state)
{
	struct vfs_entry *root = small_tree(), *entry;
	char path[VFS_PATH_MAX + 8], small[8];

	memset(path, '/', sizeof(path));
	strcpy(path + sizeof(path) - 5, "dev/");
	assert_int_equal(vfs_tree_walk(root, path, true, &entry),
			 -ENAMETOOLONG);
	assert_int_equal(vfs_tree_walk(root, "/dev/one", true, &entry), 0);
	assert_false(vfs_tree_path(entry, small, sizeof(small)));
	vfs_tree_free(root);
}

/* The layout shows the tree to the system; it is gone afterwards. */
static void laid_out(void **state)
{
	struct vfs_entry *root = small_tree();
	struct vfs_layout layout = { 0 };
	char path[512], text[16] = "", shown[VFS_PATH_MAX];
	const char *rest;
	struct stat st;
	FILE *file;

	assert_int_equal(vfs_layout_make(&layout, root), 0);
	snprintf(path, sizeof(path), "%s/sys/bus/a/vendor", layout.root);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "0x1b36\n");
	assert_true(vfs_layout_of(path, &rest));
	assert_string_equal(rest, "/sys/bus/a/vendor");
	assert_true(vfs_virtual_path(path, shown, sizeof(shown)));
	assert_string_equal(shown, "/sys/bus/a/vendor");
	assert_false(vfs_virtual_path(path, shown, 5));
	snprintf(path, sizeof(path), "%s/dev/one", layout.root);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_rdev, makedev(1, 3));
	snprintf(path, sizeof(path), "%s-not", layout.root);
	assert_false(vfs_layout_of(path, &rest));
	strcpy(path, layout.root);
	vfs_layout_remove(&layout);
	assert_int_equal(stat(path, &st), -1);
	vfs_tree_free(root);
}

/* What a killed process left is removed; what a living one has is not. */
static void stale_layouts(void **state)
{
	struct vfs_entry *root = small_tree();
	struct vfs_layout layout = { 0 };
	char base[] = "/tmp/uik-test-XXXXXX", dead[64], alive[64], sub[80];
	pid_t child = fork();

	if (!child)
		_exit(0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_non_null(mkdtemp(base));
	snprintf(dead, sizeof(dead), "%s/uiommufd-%d-abcdef", base, child);
	snprintf(sub, sizeof(sub), "%s/sub", dead);
	snprintf(alive, sizeof(alive), "%s/uiommufd-%d-abcdef", base,
		 getppid());
	assert_int_equal(mkdir(dead, 0700) | mkdir(sub, 0700), 0);
	assert_int_equal(mkdir(alive, 0700), 0);
	setenv("TMPDIR", base, true);
	assert_int_equal(vfs_layout_make(&layout, root), 0);
	unsetenv("TMPDIR");
	assert_memory_equal(layout.root, base, strlen(base));
	FAILS(access(dead, F_OK), ENOENT);
	assert_int_equal(rmdir(alive), 0);
	vfs_layout_remove(&layout);
	assert_int_equal(rmdir(base), 0);
	vfs_tree_free(root);
}

/* The nodes of every platform. */
static void device_nodes(void **state)
{
	struct client *client = *state;
	struct vfs_node node;
	int fd;

	assert_int_equal(vfs_find(client->platform, "/dev/iommu", VFS_FOLLOW,
				  &node), 0);
	assert_int_equal(node.mode, S_IFCHR | 0660);
	assert_int_equal(major(node.rdev), 10);
	assert_int_equal(vfs_find(client->platform, "/dev/vfio/../vfio/vfio",
				  VFS_NO_FOLLOW, &node), 0);
	assert_int_equal(node.mode, S_IFCHR | 0666);
	assert_int_equal(node.rdev, makedev(10, 196));
	assert_string_equal(node.path, "/dev/vfio/vfio");
	fd = vfs_open(client->platform, &node, O_RDWR);
	assert_true(uiommufd_fd_is_ours(fd));
	assert_int_equal(uiommufd_close(fd), 0);
	assert_int_equal(vfs_find(client->platform, "dev/iommu", VFS_FOLLOW,
				  &node), -ENOENT);
	assert_int_equal(vfs_find(client->platform, "/dev/null", VFS_FOLLOW,
				  &node), -ENOENT);
	/* The system has these itself. */
	assert_int_equal(vfs_find(client->platform, "/dev", VFS_FOLLOW, &node),
			 -ENOENT);
	assert_int_equal(vfs_find(client->platform, "/", VFS_FOLLOW, &node),
			 -ENOENT);
	assert_true(vfs_may_have("/dev/iommu"));
	assert_true(vfs_may_have("/sys/class/misc/iommu/dev"));
	assert_true(vfs_may_have("/./dev/iommu"));
	assert_false(vfs_may_have("/home/dev/iommu"));
	assert_false(vfs_may_have("dev/iommu"));
}

/* A directory of ours, listed by the system. */
static void directory(void **state)
{
	struct client *client = *state;
	struct vfs_node node;
	struct dirent *item;
	int found = 0;
	DIR *list;

	assert_int_equal(vfs_find(client->platform, "/dev/vfio", VFS_FOLLOW,
				  &node), 0);
	assert_true(S_ISDIR(node.mode));
	list = opendir(node.real);
	assert_non_null(list);
	while ((item = readdir(list)))
		found += !strcmp(item->d_name, "vfio");
	closedir(list);
	assert_int_equal(found, 1);
}

/* Files and directories are the system's when opened. */
static void plain_paths(void **state)
{
	static const char path[] = "/sys/class/misc/iommu/dev";
	struct client *client = *state;
	char text[16] = "";
	int fd = uiommufd_open_path(client->platform, path, O_RDONLY);

	assert_true(fd >= 0);
	assert_false(uiommufd_fd_is_ours(fd));
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "10:122\n");
	close(fd);
	FAILS(uiommufd_open_path(client->platform, path, O_DIRECTORY), ENOTDIR);
	FAILS(uiommufd_open_path(client->platform, "/dev/iommu/x", O_RDWR),
	      ENOTDIR);
	FAILS(uiommufd_open_path(client->platform, "/dev/vfio/none", O_RDWR),
	      ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks),
		cmocka_unit_test(long_paths),
		cmocka_unit_test(laid_out),
		cmocka_unit_test(stale_layouts),
		CLIENT_TEST(device_nodes),
		CLIENT_TEST(directory),
		CLIENT_TEST(plain_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
