// SPDX-License-Identifier: MIT
/*
 * Calls other than ioctl.
 */
#include "fuzz/client.h"

#include <poll.h>
#include <sys/mman.h>
#include <linux/mm.h>
#include <uiommufd/client.h>
#include <uiommufd/platform.h>

static void call_open(struct client *client, struct client_context *context,
		      const uint64_t *args)
{
	/* Looking a path up costs as much as several calls. */
	fuzz_open(client, args[0] % 2 ? "/dev/vfio/vfio" :
			  args[0] & 2 ? "/dev/iommu" : NULL);
}

static void call_close(struct client *client, struct client_context *context,
		       const uint64_t *args)
{
	fuzz_close(client, (int)args[0]);
}

static enum fuzz_class class_of(const struct client *client, int fd)
{
	for (unsigned int i = 0; i < client->file_count; i++)
		if (client->files[i].fd == fd)
			return client->files[i].class;
	return FUZZ_ANY;
}

static void call_dup(struct client *client, struct client_context *context,
		     const uint64_t *args)
{
	int fd = args[0];

	fuzz_add_file(client, uiommufd_dup(fd), class_of(client, fd));
}

static void call_read(struct client *client, struct client_context *context,
		      const uint64_t *args)
{
	uiommufd_read((int)args[0], (void *)(uintptr_t)args[1], args[2]);
}

static void call_write(struct client *client, struct client_context *context,
		       const uint64_t *args)
{
	uiommufd_write((int)args[0], (void *)(uintptr_t)args[1], args[2]);
}

static void call_poll(struct client *client, struct client_context *context,
		      const uint64_t *args)
{
	struct pollfd pfd = { .fd = (int)args[0], .events = (short)args[1] };

	uiommufd_poll(&pfd, 1, 0);
}

static void keep_mapping(struct client *client, uint8_t *at, size_t length)
{
	if (client->mapping_count == CLIENT_MAPPINGS) {
		uiommufd_munmap(at, length);
		return;
	}
	client->mappings[client->mapping_count].at = at;
	client->mappings[client->mapping_count++].length = length;
}

static void call_mmap(struct client *client, struct client_context *context,
		      const uint64_t *args)
{
	void *at = uiommufd_mmap(NULL, args[0], args[1] & 7, args[2] & 3,
				 context->fd, args[3]);

	if (at == MAP_FAILED)
		return;
	if (args[1] & PROT_WRITE)
		*(volatile uint32_t *)at = args[3];
	/* All of its last page: an end that is cut off begins at a page. */
	keep_mapping(client, at, PAGE_ALIGN(args[0]));
}

/* Only ends are cut off: in a gap something else could come to lie. */
static void call_munmap(struct client *client, struct client_context *context,
			const uint64_t *args)
{
	unsigned int i;
	size_t length, cut;
	uint8_t *at;

	if (!client->mapping_count)
		return;
	/* Nobody else's while it is being cut. */
	i = args[0] % client->mapping_count;
	at = client->mappings[i].at;
	length = client->mappings[i].length;
	client->mappings[i] = client->mappings[--client->mapping_count];
	cut = args[2] / FUZZ_PAGE * FUZZ_PAGE;
	if (!cut || cut > length)
		cut = length;
	uiommufd_munmap(args[1] % 2 ? at + length - cut : at, cut);
	if (cut < length)
		keep_mapping(client, args[1] % 2 ? at : at + cut, length - cut);
}

/* ---- devices ---- */

struct who {
	struct client_device *device;
	const char *name;
};

static struct who who(struct client *client, uint64_t number)
{
	unsigned int n = number % CLIENT_DEVICES;

	return (struct who){ &client->devices[n], client->names[n] };
}

static void call_bind(struct client *client, struct client_context *context,
		      const struct who *it, const uint64_t *args)
{
	uint32_t id;

	if (uiommufd_device_bind(context->fd, it->name, &id))
		return;
	it->device->context = context - client->contexts;
	it->device->pasid_count = 0;
	fuzz_add_id(context, FUZZ_DEVICE, id);
}

/* As its contract says: detached first, everywhere. */
static void call_unbind(struct client *client, struct client_context *context,
			const struct who *it, const uint64_t *args)
{
	if (it->device->context != context - client->contexts)
		return;
	while (it->device->pasid_count)
		uiommufd_device_detach(
			context->fd, it->name,
			it->device->pasids[--it->device->pasid_count]);
	uiommufd_device_detach(context->fd, it->name, 0);
	if (!uiommufd_device_unbind(context->fd, it->name))
		it->device->context = -1;
}

static void call_attach(struct client *client, struct client_context *context,
			const struct who *it, const uint64_t *args)
{
	uint32_t pt = args[2], pasid = args[1];

	if (it->device->pasid_count == CLIENT_PASIDS)
		return;
	if (uiommufd_device_attach(context->fd, it->name, pasid, &pt))
		return;
	if (pasid)
		it->device->pasids[it->device->pasid_count++] = pasid;
	fuzz_add_id(context, FUZZ_HWPT, pt);
}

static void call_replace(struct client *client, struct client_context *context,
			 const struct who *it, const uint64_t *args)
{
	uint32_t pt = args[2];

	if (!uiommufd_device_replace(context->fd, it->name, args[1], &pt))
		fuzz_add_id(context, FUZZ_HWPT, pt);
}

static void call_detach(struct client *client, struct client_context *context,
			const struct who *it, const uint64_t *args)
{
	uiommufd_device_detach(context->fd, it->name, args[1]);
}

static void (*const device_calls[FUZZ_CALLS])(struct client *client,
					     struct client_context *context,
					     const struct who *it,
					     const uint64_t *args) = {
	[FUZZ_BIND] = call_bind,
	[FUZZ_UNBIND] = call_unbind,
	[FUZZ_ATTACH] = call_attach,
	[FUZZ_REPLACE] = call_replace,
	[FUZZ_DETACH] = call_detach,
};

/* A driver does one thing at a time with its device. */
static void call_device(struct client *client, struct client_context *context,
			enum fuzz_call_number number, const uint64_t *args)
{
	struct who it = who(client, args[0]);

	if (it.device->busy >= 0)
		return;
	it.device->busy = context - client->contexts;
	device_calls[number](client, context, &it, args);
	it.device->busy = -1;
}

static void (*const calls[FUZZ_CALLS])(struct client *client,
				       struct client_context *context,
				       const uint64_t *args) = {
	[FUZZ_OPEN] = call_open,
	[FUZZ_CLOSE] = call_close,
	[FUZZ_DUP] = call_dup,
	[FUZZ_READ] = call_read,
	[FUZZ_WRITE] = call_write,
	[FUZZ_POLL] = call_poll,
	[FUZZ_MMAP] = call_mmap,
	[FUZZ_MUNMAP] = call_munmap,
};

void fuzz_do_call(struct client *client, const struct fuzz_op *op,
		  struct client_context *context, const uint64_t *args)
{
	if (device_calls[op->request])
		call_device(client, context, op->request, args);
	else
		calls[op->request](client, context, args);
}
