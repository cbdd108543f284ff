// SPDX-License-Identifier: MIT
/*
 * Accesses: pinning, reading and writing by drivers, against unmapping.
 *
 * Facts: what is pinned cannot go before its access was asked; a page's pins
 * are what its users need, no more and no less; memory of another exporter is
 * never pinned.
 */
#include "explore/rig_driver.h"
#include "explore/scenarios.h"

#define SECOND (RIG_IOVA + 8 * RIG_PAGE)

struct accesses {
	struct rig rig;
	uint32_t other;
	int pins;			/* access files */
	int rw;
	int buffer;
	uint32_t item;
};

static void setup(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;

	rig_begin(run, rig);
	HOLDS(!rig_ioas(rig->fd, &accesses->other));
	HOLDS(!rig_access(rig->fd, rig->ioas, true, &accesses->pins));
	HOLDS(!rig_access(rig->fd, rig->ioas, false, &accesses->rw));
}

/* ---- making ---- */

static void make(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	int fd;

	WANT(rig_access(rig->fd, rig->dev, true, &fd), -ENOENT);
	WANT(rig_access(rig->fd, accesses->other, true, &fd), 0);
	WANT(rig_destroy(rig->fd, accesses->other), -EBUSY);
	WANT(rig_access_replace(rig->fd, fd, rig->ioas), 0);
	WANT(rig_access_replace(rig->fd, fd, RIG_ANY), -ENOENT);
	WANT(rig_destroy(rig->fd, accesses->other), 0);
	WANT(rig_pin(rig->fd, fd, RIG_IOVA, RIG_PAGE, 0, &accesses->item), 0);
	HOLDS(!uiommufd_close(fd));
	WANT(rig_check_refs(rig->fd, rig_memory(), RIG_PAGE, 1), 0);
}

static const struct uiommufd_scenario making = {
	.name = "access",
	.summary = "accesses are made, moved and closed, each step may fail",
	.setup = setup,
	.thread = { make },
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

/* ---- reading and writing ---- */

static void copies(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	uint8_t *memory = rig_memory(), buffer[64];

	memset(memory + 0x1000 - 8, 0x77, 16);
	memset(memory + 24 * RIG_PAGE, 0, RIG_PAGE);
	/* Nothing is there: the answer does not depend on chance. */
	WANT(rig_rw(rig->fd, accesses->rw, SECOND, buffer, 8, 0), -ENOENT);
	WANT(rig_rw(rig->fd, accesses->rw, RIG_IOVA, buffer, 0, 0), -EINVAL);
	WANT(rig_rw(rig->fd, accesses->rw, UINT64_MAX, buffer, 2, 0),
	     -EOVERFLOW);
	WANT(rig_rw(rig->fd, accesses->rw, SECOND - 4, buffer, 8, 0), -ENOENT);
	WANT(rig_rw(rig->fd, accesses->rw, RIG_IOVA + 0x1000 - 8, buffer, 16,
		    0), 0);
	HOLDS_IF_WELL(buffer[0] == 0x77 && buffer[15] == 0x77);
	memset(buffer, 0x11, 16);
	WANT(rig_rw(rig->fd, accesses->rw, RIG_IOVA + 0x1000 - 8, buffer, 16,
		    MOCK_ACCESS_RW_WRITE), 0);
	HOLDS_IF_WELL(memory[0x1000 - 8] == 0x11 && memory[0x1007] == 0x11);
	WANT(rig_rw(rig->fd, accesses->rw, RIG_IOVA + 0x1000 - 8, buffer, 16,
		    MOCK_ACCESS_RW_SLOW_PATH), 0);
	WANT(rig_rw(rig->fd, accesses->rw, RIG_IOVA, RIG_BAD, 8, 0), -EFAULT);
	/* A new mapping, without device: freshly made, and usable at once. */
	WANT(rig_map_at(rig->fd, accesses->other, memory + 24 * RIG_PAGE,
			RIG_PAGE, RIG_IOVA), 0);
	WANT(rig_access_replace(rig->fd, accesses->rw, accesses->other), 0);
	WANT(rig_rw(rig->fd, accesses->rw, RIG_IOVA, buffer, 16,
		    MOCK_ACCESS_RW_WRITE), 0);
	HOLDS_IF_WELL(memory[24 * RIG_PAGE] == 0x11);
}

static const struct uiommufd_scenario reading = {
	.name = "access-rw",
	.summary = "drivers read and write, each step may fail",
	.setup = setup,
	.thread = { copies },
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

/* ---- pins ---- */

static void pins(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	uint8_t *memory = rig_memory();
	uint32_t id[3];

	WANT(rig_pin(rig->fd, accesses->rw, RIG_IOVA, RIG_PAGE, 0, &id[0]),
	     -EOPNOTSUPP);
	WANT(rig_pin(rig->fd, accesses->pins, SECOND, RIG_PAGE, 0, &id[0]),
	     -ENOENT);
	WANT(rig_pin(rig->fd, accesses->pins, RIG_IOVA, 0, 0, &id[0]), -EINVAL);
	WANT(rig_pin(rig->fd, accesses->pins, RIG_IOVA + 8, RIG_PAGE, 0,
		     &id[0]), -EINVAL);
	/* The middle twice, once more across its edge. */
	WANT(rig_pin(rig->fd, accesses->pins, RIG_IOVA + 2 * RIG_PAGE,
		     2 * RIG_PAGE, 0, &id[0]), 0);
	WANT(rig_pin(rig->fd, accesses->pins, RIG_IOVA + 2 * RIG_PAGE,
		     2 * RIG_PAGE, MOCK_FLAGS_ACCESS_WRITE, &id[1]), 0);
	WANT(rig_pin(rig->fd, accesses->pins, RIG_IOVA + 3 * RIG_PAGE,
		     2 * RIG_PAGE, 0, &id[2]), 0);
	HOLDS_IF_WELL(id[0] != id[1] && id[1] != id[2]);
	/* The device goes: what accesses have stays pinned, no more. */
	WANT(rig_destroy(rig->fd, rig->stdev), 0);
	WANT(rig_check_refs(rig->fd, memory, 2 * RIG_PAGE, 0), 0);
	WANT(rig_check_refs(rig->fd, memory + 2 * RIG_PAGE, 3 * RIG_PAGE, 1),
	     0);
	WANT(rig_check_refs(rig->fd, memory + 5 * RIG_PAGE, 3 * RIG_PAGE, 0),
	     0);
	WANT(rig_unpin(rig->fd, accesses->pins, id[0]), 0);
	WANT(rig_unpin(rig->fd, accesses->pins, id[0]), -ENOENT);
	WANT(rig_unpin(rig->fd, accesses->pins, id[2]), 0);
	WANT(rig_check_refs(rig->fd, memory + 2 * RIG_PAGE, 2 * RIG_PAGE, 1),
	     0);
	WANT(rig_check_refs(rig->fd, memory + 4 * RIG_PAGE, RIG_PAGE, 0), 0);
	WANT(rig_unpin(rig->fd, accesses->pins, id[1]), 0);
	WANT(rig_mock_device(rig->fd, rig->ioas, 0, &rig->stdev, &rig->dev,
			     &rig->hwpt), 0);
	WANT(rig_check_refs(rig->fd, memory, 8 * RIG_PAGE, 1), 0);
}

static const struct uiommufd_scenario pinning = {
	.name = "access-pins",
	.summary = "pins overlap, the device goes and comes, each step may fail",
	.setup = setup,
	.thread = { pins },
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

/* ---- what a mapping allows ---- */

static int map_with(const struct rig *rig, uint32_t ioas, uint32_t flags,
		    const void *memory, uint64_t length, uint64_t iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = flags | IOMMU_IOAS_MAP_FIXED_IOVA,
		.ioas_id = ioas,
		.user_va = (uintptr_t)memory,
		.length = length,
		.iova = iova,
	};

	return rig_ioctl(rig->fd, IOMMU_IOAS_MAP, &cmd);
}

/* Of three mappings in a row one can only be read, one only be written. */
static void rights(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	uint8_t *memory = rig_memory(), buffer[8] = { 0 };
	uint32_t id;

	WANT(map_with(rig, rig->ioas, IOMMU_IOAS_MAP_READABLE,
		      memory + 8 * RIG_PAGE, RIG_PAGE, SECOND), 0);
	WANT(map_with(rig, rig->ioas, IOMMU_IOAS_MAP_WRITEABLE,
		      memory + 9 * RIG_PAGE, RIG_PAGE, SECOND + RIG_PAGE), 0);
	WANT(rig_rw(rig->fd, accesses->rw, SECOND - 4, buffer, 8, 0), 0);
	WANT(rig_rw(rig->fd, accesses->rw, SECOND - 4, buffer, 8,
		    MOCK_ACCESS_RW_WRITE), -EPERM);
	WANT(rig_rw(rig->fd, accesses->rw, SECOND + RIG_PAGE - 4, buffer, 8, 0),
	     -EPERM);
	WANT(rig_rw(rig->fd, accesses->rw, SECOND + RIG_PAGE, buffer, 8,
		    MOCK_ACCESS_RW_WRITE), 0);
	WANT(rig_pin(rig->fd, accesses->pins, SECOND - RIG_PAGE, 2 * RIG_PAGE,
		     MOCK_FLAGS_ACCESS_WRITE, &id), -EPERM);
	/* A copy does not allow more. */
	WANT(rig_copy(rig->fd, accesses->other, SECOND, rig->ioas, SECOND,
		      RIG_PAGE), -EPERM);
	WANT(rig_pin(rig->fd, accesses->pins, SECOND - RIG_PAGE, 2 * RIG_PAGE,
		     0, &id), 0);
	WANT(rig_unpin(rig->fd, accesses->pins, id), 0);
	/* Of the pin that was refused nothing is left. */
	WANT(rig_destroy(rig->fd, rig->stdev), 0);
	WANT(rig_check_refs(rig->fd, memory, 10 * RIG_PAGE, 0), 0);
}

static const struct uiommufd_scenario allowed = {
	.name = "access-rights",
	.summary = "drivers read and write what they may not, each step may fail",
	.setup = setup,
	.thread = { rights },
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

/* Where no device is, any byte may be anywhere; pages are pinned whole. */
static void alignment(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	const uint32_t both = IOMMU_IOAS_MAP_READABLE |
			      IOMMU_IOAS_MAP_WRITEABLE;
	const uint8_t *memory = rig_memory() + 1;
	int fd;

	WANT(map_with(rig, accesses->other, both, memory, 10, RIG_IOVA + 1), 0);
	WANT(rig_access(rig->fd, accesses->other, true, &fd), -EADDRINUSE);
	WANT(rig_access_replace(rig->fd, accesses->pins, accesses->other),
	     -EADDRINUSE);
	/* Nothing of the attempts is left, and one that copies may come. */
	WANT(rig_access_replace(rig->fd, accesses->rw, accesses->other), 0);
	WANT(rig_unmap(rig->fd, accesses->other, RIG_IOVA + 1, 10), 0);
	WANT(rig_access_replace(rig->fd, accesses->rw, rig->ioas), 0);
	WANT(map_with(rig, accesses->other, both, memory, 10, RIG_IOVA + 1), 0);
	WANT(rig_unmap(rig->fd, accesses->other, RIG_IOVA + 1, 10), 0);
	/* With one that pins, not any more. */
	WANT(rig_access_replace(rig->fd, accesses->pins, accesses->other), 0);
	WANT(map_with(rig, accesses->other, both, memory, 10, RIG_IOVA + 1),
	     -EINVAL);
}

static const struct uiommufd_scenario aligned = {
	.name = "access-alignment",
	.summary = "an access wants whole pages, each step may fail",
	.setup = setup,
	.thread = { alignment },
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

/* ---- races ---- */

static void pin_one(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	uint32_t id;

	WANT_OF(rig_pin(accesses->rig.fd, accesses->pins, RIG_IOVA, RIG_PAGE, 0,
			&id), 0, -ENOENT, -EINVAL);
}

static void unmap(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	WANT(rig_unmap(accesses->rig.fd, accesses->rig.ioas, RIG_IOVA,
		       8 * RIG_PAGE), 0);
}

static void replace(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	WANT_ONE(rig_access_replace(accesses->rig.fd, accesses->pins,
				    accesses->other), 0, -EBUSY);
}

static void replace_back(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	/* Nowhere while it is on its way. */
	WANT_OF(rig_access_replace(accesses->rig.fd, accesses->pins,
				   accesses->rig.ioas), 0, -EBUSY, -ENOENT);
}

static void replace_late(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	WANT_OF(rig_access_replace(accesses->rig.fd, accesses->pins,
				   accesses->other), 0, -EBUSY, -ENOENT);
}

static void check_unpinned(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	if (!uiommufd_run_failures(run))
		WANT(rig_check_refs(accesses->rig.fd, rig_memory(), RIG_PAGE,
				    0), 0);
}

static const struct uiommufd_scenario unmap_race = {
	.name = "access-unmap",
	.summary = "memory is unmapped while it is pinned",
	.setup = setup,
	.thread = { pin_one, unmap },
	.check = check_unpinned,
	.state_bytes = sizeof(struct accesses),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY,
};

/* What was pinned is gone: its owner was asked, and the memory is going. */
static void pin_again(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	uint32_t id;

	if (rig_pin(rig->fd, accesses->pins, RIG_IOVA, RIG_PAGE, 0, &id) ||
	    rig_unpin(rig->fd, accesses->pins, id) != -ENOENT)
		return;
	WANT_ONE(rig_pin(rig->fd, accesses->pins, RIG_IOVA, RIG_PAGE, 0, &id),
		 -EINVAL, -ENOENT);
}

static const struct uiommufd_scenario asked = {
	.name = "access-asked",
	.summary = "who was asked to unpin tries to pin again",
	.setup = setup,
	.thread = { pin_again, unmap },
	.check = check_unpinned,
	.state_bytes = sizeof(struct accesses),
};

static const struct uiommufd_scenario replace_race = {
	.name = "access-replace",
	.summary = "an access moves while it pins and its memory is unmapped",
	.setup = setup,
	.thread = { pin_one, replace, unmap },
	.check = check_unpinned,
	.state_bytes = sizeof(struct accesses),
	.failures = UIOMMUFD_FAIL_ALLOC,
};

static const struct uiommufd_scenario replace_twice = {
	.name = "access-replace-twice",
	.summary = "two threads move an access, which is to unpin for it",
	.setup = setup,
	.thread = { replace_late, replace_back, pin_one },
	.state_bytes = sizeof(struct accesses),
};

static void close_access(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	uiommufd_close(accesses->pins);
}

static void pin_late(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	uint32_t id;

	WANT_OF(rig_pin(accesses->rig.fd, accesses->pins, RIG_IOVA, RIG_PAGE, 0,
			&id), 0, -ENOENT, -EBADFD);
}

static const struct uiommufd_scenario close_race = {
	.name = "access-close",
	.summary = "an access file is closed while it pins and memory goes",
	.setup = setup,
	.thread = { pin_late, close_access, unmap },
	.state_bytes = sizeof(struct accesses),
};

/* ---- memory of another exporter ---- */

static void buffers(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	uint8_t word[8];
	uint32_t id;

	WANT(rig_dmabuf(rig->fd, 0, &accesses->buffer), -EINVAL);
	WANT(rig_dmabuf(rig->fd, 2 * RIG_PAGE, &accesses->buffer), 0);
	WANT(rig_map_file(rig->fd, rig->ioas, accesses->buffer, 0, 3 * RIG_PAGE,
			SECOND), -EINVAL);
	WANT(rig_map_file(rig->fd, rig->ioas, accesses->buffer,
			  UINT64_MAX - RIG_PAGE + 1, 2 * RIG_PAGE, SECOND),
	     -EOVERFLOW);
	WANT(rig_map_file(rig->fd, rig->ioas, accesses->buffer, 0, 2 * RIG_PAGE,
			SECOND), 0);
	/* Device memory is not for processors. */
	WANT(rig_pin(rig->fd, accesses->pins, SECOND, RIG_PAGE, 0, &id),
	     -EINVAL);
	WANT(rig_rw(rig->fd, accesses->rw, SECOND, word, 8, 0), -EINVAL);
	WANT(rig_revoke(rig->fd, accesses->buffer), 0);
	WANT(rig_unmap(rig->fd, rig->ioas, SECOND, 2 * RIG_PAGE), 0);
	WANT(rig_map_file(rig->fd, rig->ioas, accesses->buffer, 0, RIG_PAGE, SECOND),
	     -ENODEV);
	WANT(rig_revoke(rig->fd, rig->fd), -EINVAL);
	HOLDS(!uiommufd_close(accesses->buffer));
}

static const struct uiommufd_scenario buffer = {
	.name = "dmabuf",
	.summary = "memory of another exporter is mapped, each step may fail",
	.setup = setup,
	.thread = { buffers },
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

static void setup_buffer(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	setup(run, state);
	HOLDS(!rig_dmabuf(accesses->rig.fd, 2 * RIG_PAGE,
			 &accesses->buffer));
	HOLDS(!rig_map_file(accesses->rig.fd, accesses->rig.ioas,
			   accesses->buffer, 0, 2 * RIG_PAGE, SECOND));
}

static void revoke_it(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	WANT(rig_revoke(accesses->rig.fd, accesses->buffer), 0);
}

static void unmap_buffer(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	WANT(rig_unmap(accesses->rig.fd, accesses->rig.ioas, SECOND,
		       2 * RIG_PAGE), 0);
}

static void attach_other(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;
	uint32_t stdev, dev, hwpt;

	WANT(rig_mock_device(rig->fd, rig->ioas, 0, &stdev, &dev, &hwpt), 0);
}

static const struct uiommufd_scenario revoked = {
	.name = "dmabuf-revoke",
	.summary = "memory is revoked while its mapping goes",
	.setup = setup_buffer,
	.thread = { revoke_it, unmap_buffer },
	.state_bytes = sizeof(struct accesses),
};

static const struct uiommufd_scenario revoked_attach = {
	.name = "dmabuf-revoke-attach",
	.summary = "memory is revoked while a device comes to see it",
	.setup = setup_buffer,
	.thread = { revoke_it, attach_other },
	.state_bytes = sizeof(struct accesses),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_DRIVER,
};

/* ---- what a device sees of it ---- */

static void setup_seen(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;

	own_plug(run);
	rig->fd = rig_open(run);
	HOLDS(!rig_bind(rig->fd, "own2", &rig->dev));
	HOLDS(!rig_ioas(rig->fd, &rig->ioas));
	HOLDS(!rig_dmabuf(rig->fd, 2 * RIG_PAGE, &accesses->buffer));
	HOLDS(!rig_map_file(rig->fd, rig->ioas, accesses->buffer, 0,
			    2 * RIG_PAGE, SECOND));
	HOLDS(!rig_attach(rig->fd, "own2", 0, rig->ioas));
}

/* Nor does a table have it that is made when it is gone. */
static void look(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;
	struct rig *rig = &accesses->rig;

	HOLDS(own_reads(run, 2, 0, SECOND) == 0);
	WANT(rig_revoke(rig->fd, accesses->buffer), 0);
	HOLDS(own_reads(run, 2, 0, SECOND) == -EFAULT);
	WANT(rig_hwpt(rig->fd, rig->dev, rig->ioas, 0, &rig->hwpt), 0);
	WANT(rig_replace(rig->fd, "own2", 0, rig->hwpt), 0);
	HOLDS(own_reads(run, 2, 0, SECOND) == -EFAULT);
	WANT(rig_unmap(rig->fd, rig->ioas, SECOND, 2 * RIG_PAGE), 0);
}

static void finish_seen(struct uiommufd_run *run, void *state)
{
	struct accesses *accesses = state;

	rig_detach(accesses->rig.fd, "own2", 0);
	rig_unbind(accesses->rig.fd, "own2");
	uiommufd_close(accesses->buffer);
	uiommufd_close(accesses->rig.fd);
	own_unplug(run);
}

static const struct uiommufd_scenario seen = {
	.name = "dmabuf-seen",
	.summary = "what a device sees of revoked memory, each step may fail",
	.setup = setup_seen,
	.thread = { look },
	.finish = finish_seen,
	.state_bytes = sizeof(struct accesses),
	.failures = RIG_FAIL_ANY,
};

const struct uiommufd_scenario *const scenarios_access[] = {
	&making, &reading, &pinning, &allowed, &aligned, &buffer, &seen,
	&unmap_race, &asked, &replace_race, &replace_twice, &close_race,
	&revoked, &revoked_attach, NULL
};
