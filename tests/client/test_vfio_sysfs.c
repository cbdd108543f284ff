// SPDX-License-Identifier: MIT
/* Laws of lib/client/vfio/sysfs.c: what clients read, and where links lead. */
#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "client/vfs.h"
#include "client_rig.h"

static int smmu_setup(void **state)
{
	struct uiommufd_platform_config config;
	struct client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	uiommufd_platform_config_init(&config, "smmuv3");
	config.devices = 3;
	config.pasid_bits = 6;
	client->platform = uiommufd_platform_new(&config);
	assert_non_null(client->platform);
	client->fd = -1;
	*state = client;
	return 0;
}

#define SMMU_TEST(name) \
	cmocka_unit_test_setup_teardown(name, smmu_setup, client_teardown)

/* Each path leads there, by our walk and by the system's over the layout. */
static void links_lead_there(void **state)
{
	static const struct {
		const char *path, *canonical;
	} rows[] = {
#define ADDRESS "d000:01:00.1"
#define DEVICE "/sys/devices/pcid000:01/" ADDRESS
		{ "/sys/bus/pci/devices/" ADDRESS, DEVICE },
		{ "/sys/bus/pci/devices/" ADDRESS "/vendor", DEVICE "/vendor" },
		{ "/sys/bus/pci/drivers/vfio-pci/" ADDRESS, DEVICE },
		{ DEVICE "/driver", "/sys/bus/pci/drivers/vfio-pci" },
		{ DEVICE "/iommu_group", "/sys/kernel/iommu_groups/1" },
		{ DEVICE "/iommu_group/devices/" ADDRESS, DEVICE },
		{ DEVICE "/iommu", "/sys/devices/virtual/iommu/arm-smmu-v3" },
		{ DEVICE "/iommu/devices/" ADDRESS, DEVICE },
		{ "/sys/class/iommu/arm-smmu-v3",
		  "/sys/devices/virtual/iommu/arm-smmu-v3" },
		{ "/sys/class/vfio-dev/vfio1", DEVICE "/vfio-dev/vfio1" },
		{ "/sys/class/vfio-dev/vfio1/device", DEVICE },
		{ "/sys/class/vfio-dev/vfio1/subsystem", "/sys/class/vfio-dev" },
		{ "/sys/dev/char/511:1", DEVICE "/vfio-dev/vfio1" },
		{ "/dev/char/511:1", "/dev/vfio/devices/vfio1" },
	};
	struct client *client = *state;
	char *real;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vfs_node node, link;
		char shown[VFS_PATH_MAX];

		assert_int_equal(vfs_find(client->platform, rows[i].path,
					  VFS_FOLLOW, &node), 0);
		assert_string_equal(node.path, rows[i].canonical);
		if (S_ISCHR(node.mode))
			continue;
		assert_int_equal(vfs_find(client->platform, rows[i].path,
					  VFS_NO_FOLLOW, &link), 0);
		real = realpath(link.real, NULL);
		assert_non_null(real);
		assert_true(vfs_virtual_path(real, shown, sizeof(shown)));
		assert_string_equal(shown, rows[i].canonical);
		free(real);
	}
}

/* Where the system has the directory, too, our link leads to the system's. */
static void links_to_system(void **state)
{
	struct client *client = *state;
	struct vfs_node node;
	struct stat st;
	bool there = !stat("/sys/bus/pci", &st);

	assert_int_equal(vfs_find(client->platform, DEVICE "/subsystem",
				  VFS_FOLLOW, &node), 0);
	assert_string_equal(node.path, "/sys/bus/pci");
	if (there)
		assert_string_equal(node.real, "/sys/bus/pci");
	assert_int_equal(stat(node.real, &st), 0);
}

static void read_file(struct client *client, const char *path, char *out,
		      size_t size)
{
	int fd = uiommufd_open_path(client->platform, path, O_RDONLY);
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, out, size - 1);
	assert_true(n >= 0);
	out[n] = '\0';
	close(fd);
}

static void attributes(void **state)
{
	static const struct {
		const char *name, *text;
	} rows[] = {
		{ "vendor", "0x1b36\n" },
		{ "device", "0x0005\n" },
		{ "class", "0xff0000\n" },
		{ "revision", "0x01\n" },
		{ "numa_node", "-1\n" },
		{ "vfio-dev/vfio1/dev", "511:1\n" },
		{ "modalias",
		  "pci:v00001B36d00000005sv00001AF4sd00001100bcFFsc00i00\n" },
	};
	struct client *client = *state;
	char path[256], text[4097];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(path, sizeof(path), DEVICE "/%s", rows[i].name);
		read_file(client, path, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
	}
	read_file(client, DEVICE "/resource", text, sizeof(text));
	assert_memory_equal(text, "0x0000001000004000 0x0000001000007fff "
			    "0x0000000000140204\n", 57);
	read_file(client, DEVICE "/config", text, sizeof(text));
	assert_memory_equal(text, "\x36\x1b\x05\0\x02\0\x10\0", 8);
	assert_memory_equal(text + 0x100, "\x1b\0\1\0\0\6\0\0", 8);
}

static int entries(const char *dir, const char *prefix)
{
	DIR *list = opendir(dir);
	struct dirent *item;
	int count = 0;

	assert_non_null(list);
	while ((item = readdir(list)))
		count += !strncmp(item->d_name, prefix, strlen(prefix));
	closedir(list);
	return count;
}

/* Listings have ours and the system's; they follow plug and unplug. */
static void listings(void **state)
{
	struct client *client = *state;
	struct vfs_node node;
	int theirs = access("/sys/bus/pci/devices", F_OK) ? 2 :
		     entries("/sys/bus/pci/devices", "");

	assert_int_equal(vfs_find(client->platform, "/sys/bus/pci/devices",
				  VFS_FOLLOW, &node), 0);
	assert_int_equal(entries(node.real, ""), theirs + 3);
	assert_int_equal(vfs_find(client->platform, "/dev/vfio/devices",
				  VFS_FOLLOW, &node), 0);
	assert_int_equal(entries(node.real, "vfio"), 3);
	assert_int_equal(uiommufd_platform_unplug(client->platform, "dev1"),
			 0);
	assert_int_equal(vfs_find(client->platform, DEVICE, VFS_FOLLOW, &node),
			 -ENOENT);
	assert_int_equal(vfs_find(client->platform, "/dev/vfio/devices",
				  VFS_FOLLOW, &node), 0);
	assert_int_equal(entries(node.real, "vfio"), 2);
	assert_int_equal(uiommufd_platform_plug(client->platform, NULL), 1);
	assert_int_equal(vfs_find(client->platform, "/dev/vfio/devices",
				  VFS_FOLLOW, &node), 0);
	assert_int_equal(entries(node.real, "vfio"), 3);
}

/* Devices of one file have numbers that sysfs and the files agree on. */
static void numbers(void **state)
{
	struct client *client = *state;
	struct vfs_node node;

	assert_int_equal(vfs_find(client->platform, "/dev/vfio/devices/vfio2",
				  VFS_FOLLOW, &node), 0);
	assert_int_equal(node.mode, S_IFCHR | 0600);
	assert_int_equal(node.rdev, makedev(511, 2));
	assert_int_equal(vfs_find(client->platform, "/dev/vfio/2", VFS_FOLLOW,
				  &node), 0);
	assert_int_equal(node.rdev, makedev(510, 2));
	assert_int_equal(vfs_find(client->platform, "/dev/vfio/devices/vfio3",
				  VFS_FOLLOW, &node), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SMMU_TEST(links_lead_there),
		SMMU_TEST(links_to_system),
		SMMU_TEST(attributes),
		SMMU_TEST(listings),
		SMMU_TEST(numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
