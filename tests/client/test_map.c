// SPDX-License-Identifier: MIT
/* Laws of lib/client/map.c: spec/10 section 13.2, as munmap and mremap go. */
#include "client_rig.h"

#define RW (PROT_READ | PROT_WRITE)

static void *map(struct client *client, struct guest *guest)
{
	void *at = uiommufd_mmap(NULL, guest->length, RW, MAP_SHARED,
				 client->fd, guest->offset);

	assert_ptr_not_equal(at, MAP_FAILED);
	return at;
}

static uint64_t mappings(struct client *client)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_platform_audit(client->platform, &audit);
	return audit.mappings;
}

/* The driver's memory, shared both ways; counted while mapped. */
static void shows_the_drivers_memory(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	volatile uint32_t *at = map(client, &guest), *again;

	assert_int_equal(guest.offset, 4096);
	assert_int_equal(guest.length, 8192);
	assert_int_equal(at[0], 0x1234abcd);
	again = map(client, &guest);
	at[1] = 77;
	assert_int_equal(again[1], 77);
	assert_int_equal(mappings(client), 2);
	assert_int_equal(destroy_id(client->fd, guest.viommu), -EBUSY);
	assert_int_equal(uiommufd_munmap((void *)at, guest.length), 0);
	assert_int_equal(destroy_id(client->fd, guest.viommu), -EBUSY);
	assert_int_equal(uiommufd_munmap((void *)again, guest.length), 0);
	assert_int_equal(mappings(client), 0);
	assert_int_equal(destroy_id(client->fd, guest.viommu), 0);
}

/* Refusals in the order of the checks. */
static void refusals(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	const struct {
		size_t length;
		int prot, flags;
		uint64_t offset;
		int error;
	} rows[] = {
		{ guest.length, RW, MAP_PRIVATE, guest.offset, EINVAL },
		{ guest.length, RW | PROT_EXEC, MAP_SHARED, 0, EPERM },
		{ guest.length, RW, MAP_SHARED, 0, ENXIO },
		{ 4096, RW, MAP_SHARED, guest.offset, ENXIO },
		{ guest.length, RW, MAP_SHARED, guest.offset + 4096, ENXIO },
		{ guest.length + 4096, RW, MAP_SHARED, guest.offset, ENXIO },
		{ guest.length, RW, MAP_SHARED, guest.offset + 1, EINVAL },
		{ 0, RW, MAP_SHARED, guest.offset, EINVAL },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		errno = 0;
		assert_ptr_equal(uiommufd_mmap(NULL, rows[i].length,
					       rows[i].prot, rows[i].flags,
					       client->fd, rows[i].offset),
				 MAP_FAILED);
		assert_int_equal(errno, rows[i].error);
	}
	assert_ptr_equal(uiommufd_mmap(NULL, 4096, RW, MAP_SHARED, 0, 0),
			 MAP_FAILED);
	assert_int_equal(errno, EBADF);
	assert_int_equal(destroy_id(client->fd, guest.viommu), 0);
}

/* Split: busy until the last piece is gone. */
static void pieces(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	char *at = map(client, &guest);

	assert_int_equal(uiommufd_munmap(at, 4096), 0);
	assert_int_equal(destroy_id(client->fd, guest.viommu), -EBUSY);
	assert_int_equal(uiommufd_munmap(at + 4096, 4096), 0);
	assert_int_equal(destroy_id(client->fd, guest.viommu), 0);
	/* A range without anything of ours, and a bad one. */
	assert_int_equal(uiommufd_munmap(at, 8192), 0);
	assert_int_equal(uiommufd_munmap(at + 1, 4096), -1);
	assert_int_equal(errno, EINVAL);
}

/* MAP_FIXED over a mapping of ours ends that one. */
static void fixed_over_a_mapping(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	char *at = map(client, &guest);

	assert_ptr_equal(uiommufd_mmap(at, guest.length, RW,
				       MAP_SHARED | MAP_FIXED, client->fd,
				       guest.offset), at);
	assert_int_equal(mappings(client), 1);
	assert_int_equal(*(uint32_t *)at, 0x1234abcd);
	assert_int_equal(uiommufd_munmap(at, guest.length), 0);
	assert_int_equal(destroy_id(client->fd, guest.viommu), 0);
}

/* Moved: one mapping, elsewhere.  Shrunk: fine.  Grown: EFAULT. */
static void remap(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	char *at = map(client, &guest), *to;

	errno = 0;
	assert_ptr_equal(uiommufd_mremap(at, guest.length, 2 * guest.length,
					 MREMAP_MAYMOVE, NULL), MAP_FAILED);
	assert_int_equal(errno, EFAULT);
	to = mmap(NULL, guest.length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	assert_ptr_equal(uiommufd_mremap(at, guest.length, guest.length,
					 MREMAP_MAYMOVE | MREMAP_FIXED, to),
			 to);
	assert_int_equal(*(uint32_t *)to, 0x1234abcd);
	assert_int_equal(mappings(client), 1);
	assert_int_equal(destroy_id(client->fd, guest.viommu), -EBUSY);
	assert_ptr_equal(uiommufd_mremap(to, guest.length, 4096, 0, NULL), to);
	assert_int_equal(uiommufd_munmap(to, 4096), 0);
	assert_int_equal(mappings(client), 0);
	assert_int_equal(destroy_id(client->fd, guest.viommu), 0);
}

/* A freed offset is the next one's: lowest first. */
static void offsets_are_reused(void **state)
{
	struct client *client = *state;
	struct guest first = make_guest(client->fd);
	struct guest second = make_guest(client->fd);
	struct guest third;

	assert_int_equal(second.offset, first.offset + first.length);
	assert_int_equal(destroy_id(client->fd, first.viommu), 0);
	third = make_guest(client->fd);
	assert_int_equal(third.offset, first.offset);
}

/* A mapping keeps context and owner after the last close. */
static void outlives_the_descriptor(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	uint32_t *at = map(client, &guest);
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	assert_int_equal(uiommufd_close(client->fd), 0);
	client->fd = -1;
	uiommufd_platform_audit(client->platform, &audit);
	assert_true(audit.objects > 0);
	assert_int_equal(at[0], 0x1234abcd);
	assert_int_equal(uiommufd_munmap(at, guest.length), 0);
	assert_clean(client);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CLIENT_TEST(shows_the_drivers_memory),
		CLIENT_TEST(refusals),
		CLIENT_TEST(pieces),
		CLIENT_TEST(fixed_over_a_mapping),
		CLIENT_TEST(remap),
		CLIENT_TEST(offsets_are_reused),
		CLIENT_TEST(outlives_the_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
