// SPDX-License-Identifier: MIT
/*
 * What a client has: contexts, files, mappings, devices, identifiers.
 */
#include "fuzz/client.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>
#include <uik/virtual.h>

/* Another thread may have opened one meanwhile. */
static void add_context(struct client *client, int fd)
{
	struct client_context *context;

	if (fd < 0)
		return;
	if (client->context_count == CLIENT_CONTEXTS) {
		uiommufd_close(fd);
		return;
	}
	context = &client->contexts[client->context_count++];
	context->fd = fd;
	for (unsigned int class = 0; class < FUZZ_EVENT; class++)
		context->ids[class].count = 0;
}

static const char names[][CLIENT_DEVICES][6] = {
	{ "dev0", "dev1", "dev2", "dev3" },
	{ "mock0", "mock1", "mock2", "mock3" },
};

static void device_init(struct client_device *device)
{
	device->context = device->busy = -1;
	device->pasid_count = 0;
}

bool fuzz_begin(struct client *client, struct uiommufd_platform *platform,
		struct fuzz_memory *memory, bool virtual)
{
	/* Of lists only the counts: the rest is long. */
	client->platform = platform;
	client->memory = memory;
	client->context_count = client->file_count = client->mapping_count = 0;
	client->limited = false;
	client->names =
		names[!strcmp(uiommufd_platform_kind(platform), "mock")];
	for (int i = 0; i < CLIENT_DEVICES; i++)
		device_init(&client->devices[i]);
	client->virtual = virtual && uik_fd_virtual_claim();
	add_context(client, uiommufd_open(platform, O_RDWR | O_CLOEXEC));
	if (!client->context_count && client->virtual)
		uik_fd_virtual_release();
	return client->context_count;
}

void fuzz_open(struct client *client, const char *path)
{
	if (client->context_count == CLIENT_CONTEXTS)
		return;
	add_context(client, path ? uiommufd_open_path(client->platform, path,
						      O_RDWR | O_CLOEXEC) :
				   uiommufd_open(client->platform,
						 O_RDWR | O_CLOEXEC));
}

struct client_context *fuzz_context(struct client *client, uint8_t modifiers)
{
	unsigned int wanted = modifiers >> FUZZ_MOD_CONTEXT_SHIFT;

	for (unsigned int i = 0; i < client->context_count; i++) {
		struct client_context *context =
			&client->contexts[(wanted + i) % client->context_count];

		if (context->fd >= 0)
			return context;
	}
	return NULL;
}

/* ---- files ---- */

void fuzz_add_file(struct client *client, int fd, enum fuzz_class class)
{
	if (fd < 0)
		return;
	if (client->file_count == CLIENT_FILES) {
		uiommufd_close(fd);
		return;
	}
	client->files[client->file_count].fd = fd;
	client->files[client->file_count++].class = class;
}

/* A driver gives its device back before the context's descriptor goes. */
static void release_device(struct client *client, unsigned int number, int fd)
{
	struct client_device *device = &client->devices[number];
	const char *name = client->names[number];

	device->busy = device->context;
	while (device->pasid_count)
		uiommufd_device_detach(fd, name,
				       device->pasids[--device->pasid_count]);
	uiommufd_device_detach(fd, name, 0);
	uiommufd_device_unbind(fd, name);
	device->context = device->busy = -1;
}

static void release_devices(struct client *client, int context, int fd)
{
	for (unsigned int i = 0; i < CLIENT_DEVICES; i++)
		if (client->devices[i].context == context)
			release_device(client, i, fd);
}

static bool is_busy(const struct client *client, int context)
{
	for (unsigned int i = 0; i < CLIENT_DEVICES; i++)
		if (client->devices[i].busy == context ||
		    (client->devices[i].busy >= 0 &&
		     client->devices[i].context == context))
			return true;
	return false;
}

static void close_context(struct client *client, unsigned int number)
{
	struct client_context *context = &client->contexts[number];
	int fd = context->fd;

	if (fd < 0 || is_busy(client, number))
		return;
	/* No other thread begins anything here. */
	context->fd = -1;
	release_devices(client, number, fd);
	uiommufd_close(fd);
}

void fuzz_close(struct client *client, int fd)
{
	for (unsigned int i = 0; i < client->context_count; i++)
		if (client->contexts[i].fd == fd && fd >= 0) {
			close_context(client, i);
			return;
		}
	for (unsigned int i = 0; i < client->file_count; i++)
		if (client->files[i].fd == fd) {
			client->files[i] = client->files[--client->file_count];
			break;
		}
	/* Not ours: EBADF, and nothing happens. */
	uiommufd_close(fd);
}

int fuzz_pick_file(const struct client *client, enum fuzz_class class,
		   uint8_t code)
{
	unsigned int fitting = 0, wanted;

	if (code == 0xff)
		return -1;
	if (code >= 0xc0)
		return code - 0xc0;
	if (class == FUZZ_FILE && !(code % 2))
		return client->memory->file;
	if (class == FUZZ_ANY && code % 4 == 3 && client->context_count)
		return client->contexts[code / 4 % client->context_count].fd;
	for (unsigned int i = 0; i < client->file_count; i++)
		fitting += !class || client->files[i].class == class;
	if (!fitting)
		return -1;
	wanted = code % fitting;
	for (unsigned int i = 0;; i++)
		if ((!class || client->files[i].class == class) && !wanted--)
			return client->files[i].fd;
}

/* ---- identifiers ---- */

static void ids_add(struct client_ids *ids, uint32_t id)
{
	for (unsigned int i = 0; i < ids->count; i++)
		if (ids->id[i] == id)
			return;
	if (ids->count == CLIENT_IDS)
		ids->id[CLIENT_IDS - 1] = id;
	else
		ids->id[ids->count++] = id;
}

static void ids_drop(struct client_ids *ids, uint32_t id)
{
	for (unsigned int i = 0; i < ids->count; i++)
		if (ids->id[i] == id) {
			ids->count--;
			memmove(&ids->id[i], &ids->id[i + 1],
				(ids->count - i) * sizeof(ids->id[0]));
			return;
		}
}

void fuzz_add_id(struct client_context *context, enum fuzz_class class,
		 uint32_t id)
{
	ids_add(&context->ids[FUZZ_ANY], id);
	ids_add(&context->ids[class], id);
	if (class == FUZZ_IOAS || class == FUZZ_HWPT || class == FUZZ_VIOMMU)
		ids_add(&context->ids[FUZZ_PT], id);
}

void fuzz_drop_id(struct client_context *context, uint32_t id)
{
	for (unsigned int class = 0; class < FUZZ_EVENT; class++)
		ids_drop(&context->ids[class], id);
}

uint32_t fuzz_pick_id(const struct client_context *context,
		      enum fuzz_class class, uint8_t code)
{
	const struct client_ids *ids = &context->ids[class];

	if (code == 0xff)
		return UINT32_MAX;
	if (code >= 0xc0)
		return code - 0xc0;
	return ids->count ? ids->id[code % ids->count] : 0;
}

/* ---- the end ---- */

static void restore_limit(struct client *client)
{
	struct client_context *context = fuzz_context(client, 0);
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT,
		.memory_limit = { .limit = 65536 },
	};
	int fd = context ? context->fd :
			   uiommufd_open(client->platform, O_RDWR);

	uiommufd_ioctl(fd, IOMMU_TEST_CMD, &cmd);
	if (!context)
		uiommufd_close(fd);
}

static void close_files(struct client *client)
{
	while (client->file_count)
		uiommufd_close(client->files[--client->file_count].fd);
}

void fuzz_end(struct client *client, bool contexts_first)
{
	if (client->limited)
		restore_limit(client);
	if (!contexts_first)
		close_files(client);
	for (unsigned int i = 0; i < client->context_count; i++)
		close_context(client, i);
	close_files(client);
	while (client->mapping_count) {
		client->mapping_count--;
		uiommufd_munmap(client->mappings[client->mapping_count].at,
				client->mappings[client->mapping_count].length);
	}
	fuzz_memory_reset(client->memory);
	if (client->virtual)
		uik_fd_virtual_release();
}
