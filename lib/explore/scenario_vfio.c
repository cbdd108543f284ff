// SPDX-License-Identifier: MIT
/*
 * VFIO container commands on an IOAS.
 *
 * Facts: unmapping nothing is success; unmapping a part cuts a mapping in two
 * that are as good as the one; no byte of the answer is left unset.
 */
#include <linux/vfio.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

struct container {
	struct rig rig;
	uint32_t other;
};

static long vfio_ioas(const struct rig *rig, uint16_t op, uint32_t *id)
{
	struct iommu_vfio_ioas cmd = {
		.size = sizeof(cmd), .ioas_id = *id, .op = op,
	};
	long ret = rig_ioctl(rig->fd, IOMMU_VFIO_IOAS, &cmd);

	*id = cmd.ioas_id;
	return ret;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;

	rig_begin(run, rig);
	HOLDS(!rig_ioas(rig->fd, &container->other));
	HOLDS(!vfio_ioas(rig, IOMMU_VFIO_IOAS_SET, &rig->ioas));
}

static long map(const struct rig *rig, uint32_t argsz, uint32_t flags,
		const void *memory, uint64_t iova, uint64_t bytes)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = argsz,
		.flags = flags,
		.vaddr = (uintptr_t)memory,
		.iova = iova,
		.size = bytes,
	};

	return rig_ioctl(rig->fd, VFIO_IOMMU_MAP_DMA, &map);
}

/* Bytes that are gone, or -errno. */
static long unmap(const struct rig *rig, uint32_t flags, uint64_t iova,
		  uint64_t bytes)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .flags = flags, .iova = iova,
		.size = bytes,
	};
	long ret = rig_ioctl(rig->fd, VFIO_IOMMU_UNMAP_DMA, &unmap);

	return ret ? ret : (long)unmap.size;
}

/* ---- mapping ---- */

static void maps(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;
	const uint32_t size = sizeof(struct vfio_iommu_type1_dma_map);
	const uint64_t iova = RIG_IOVA + 16 * RIG_PAGE;
	const uint8_t *memory = rig_memory() + 8 * RIG_PAGE;

	WANT(map(rig, size - 1, 3, memory, iova, RIG_PAGE), -EINVAL);
	WANT(map(rig, size, 4, memory, iova, RIG_PAGE), -EINVAL);
	WANT(map(rig, size, 3, memory, iova, 4 * RIG_PAGE), 0);
	WANT(map(rig, size, 3, memory, iova, RIG_PAGE), -EEXIST);
	WANT(unmap(rig, 0, iova, 2 * RIG_PAGE), -ENOENT);
	WANT(unmap(rig, 4, iova, RIG_PAGE), -EINVAL);
	WANT(unmap(rig, 0, iova, 0), -EINVAL);
	WANT(unmap(rig, 0, iova, 4 * RIG_PAGE), 4 * RIG_PAGE);
	/* Nothing is left, and that is fine. */
	WANT(unmap(rig, 0, iova, 4 * RIG_PAGE), 0);
	WANT(unmap(rig, VFIO_DMA_UNMAP_FLAG_ALL, 0, 1), -EINVAL);
	WANT(unmap(rig, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0), 8 * RIG_PAGE);
	WANT(unmap(rig, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0), 0);
}

static const struct uiommufd_scenario mapping = {
	.name = "vfio-map",
	.summary = "a container maps and unmaps, each step may fail",
	.setup = setup,
	.thread = { maps },
	.state_bytes = sizeof(struct container),
	.failures = RIG_FAIL_ANY,
};

/* ---- cutting ---- */

static void cuts(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;
	const uint64_t iova = RIG_IOVA;
	uint8_t *memory = rig_memory();
	uint32_t stdev, dev, hwpt;

	WANT(unmap(rig, 0, iova, 8 * RIG_PAGE), 8 * RIG_PAGE);
	WANT(rig_ioctl(rig->fd, VFIO_SET_IOMMU, (void *)VFIO_TYPE1_IOMMU), 0);
	WANT(map(rig, sizeof(struct vfio_iommu_type1_dma_map), 3, memory, iova,
		 8 * RIG_PAGE), 0);
	/* The middle goes: two mappings are left. */
	WANT(unmap(rig, 0, iova + 3 * RIG_PAGE, RIG_PAGE), RIG_PAGE);
	WANT(rig_check_map(rig->fd, rig->hwpt, iova, memory, 3 * RIG_PAGE), 0);
	WANT(rig_check_map(rig->fd, rig->hwpt, iova + 4 * RIG_PAGE,
			   memory + 4 * RIG_PAGE, 4 * RIG_PAGE), 0);
	WANT(rig_check_refs(rig->fd, memory + 3 * RIG_PAGE, RIG_PAGE, 0), 0);
	WANT(rig_check_refs(rig->fd, memory + 4 * RIG_PAGE, 4 * RIG_PAGE, 1),
	     0);
	WANT(rig_copy(rig->fd, container->other, iova, rig->ioas,
		      iova + 4 * RIG_PAGE, 2 * RIG_PAGE), 0);
	WANT(rig_mock_device(rig->fd, container->other, 0, &stdev, &dev, &hwpt),
	     0);
	WANT(rig_check_map(rig->fd, hwpt, iova, memory + 4 * RIG_PAGE,
			   2 * RIG_PAGE), 0);
	WANT(unmap(rig, 0, iova, 8 * RIG_PAGE), 7 * RIG_PAGE);
	WANT(rig_check_refs(rig->fd, memory + 4 * RIG_PAGE, 2 * RIG_PAGE, 1),
	     0);
	WANT(rig_check_refs(rig->fd, memory + 6 * RIG_PAGE, 2 * RIG_PAGE, 0),
	     0);
}

static const struct uiommufd_scenario cutting = {
	.name = "vfio-cut",
	.summary = "a part of a mapping is unmapped, each step may fail",
	.setup = setup,
	.thread = { cuts },
	.state_bytes = sizeof(struct container),
	.failures = UIOMMUFD_FAIL_ALLOC | UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_PIN |
		    UIOMMUFD_FAIL_DRIVER,
};

/* Memory of another exporter stays in one piece. */
static void cuts_buffer(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;
	const uint64_t iova = RIG_IOVA + 8 * RIG_PAGE;
	int buffer;

	WANT(unmap(rig, 0, RIG_IOVA, 8 * RIG_PAGE), 8 * RIG_PAGE);
	WANT(rig_ioctl(rig->fd, VFIO_SET_IOMMU, (void *)VFIO_TYPE1_IOMMU), 0);
	WANT(rig_dmabuf(rig->fd, 4 * RIG_PAGE, &buffer), 0);
	WANT(rig_map_file(rig->fd, rig->ioas, buffer, 0, 4 * RIG_PAGE, iova),
	     0);
	WANT(unmap(rig, 0, iova + RIG_PAGE, RIG_PAGE), -EOPNOTSUPP);
	WANT(unmap(rig, 0, iova, RIG_PAGE), -EOPNOTSUPP);
	WANT(unmap(rig, 0, iova, 4 * RIG_PAGE), 4 * RIG_PAGE);
	HOLDS(!uiommufd_close(buffer));
}

static const struct uiommufd_scenario cutting_buffer = {
	.name = "vfio-cut-dmabuf",
	.summary = "a part of another exporter's memory is unmapped",
	.setup = setup,
	.thread = { cuts_buffer },
	.state_bytes = sizeof(struct container),
	.failures = RIG_FAIL_ANY,
};

/* Both halves allow what the whole did. */
static void cuts_rights(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;
	const uint64_t iova = RIG_IOVA + 16 * RIG_PAGE;
	uint8_t byte = 0;
	int fd;

	WANT(unmap(rig, 0, RIG_IOVA, 8 * RIG_PAGE), 8 * RIG_PAGE);
	WANT(rig_ioctl(rig->fd, VFIO_SET_IOMMU, (void *)VFIO_TYPE1_IOMMU), 0);
	WANT(map(rig, sizeof(struct vfio_iommu_type1_dma_map),
		 VFIO_DMA_MAP_FLAG_WRITE, rig_memory(), iova, 4 * RIG_PAGE), 0);
	WANT(unmap(rig, 0, iova + RIG_PAGE, RIG_PAGE), RIG_PAGE);
	WANT(rig_access(rig->fd, rig->ioas, false, &fd), 0);
	for (uint64_t at = iova; at < iova + 4 * RIG_PAGE; at += 3 * RIG_PAGE) {
		WANT(rig_rw(rig->fd, fd, at, &byte, 1, MOCK_ACCESS_RW_WRITE),
		     0);
		WANT(rig_rw(rig->fd, fd, at, &byte, 1, 0), -EPERM);
	}
}

static const struct uiommufd_scenario cutting_rights = {
	.name = "vfio-cut-rights",
	.summary = "a part of a write-only mapping is unmapped, steps may fail",
	.setup = setup,
	.thread = { cuts_rights },
	.state_bytes = sizeof(struct container),
	.failures = RIG_FAIL_ANY,
};

/* What is gone when one cannot go is told. */
static void unmap_some(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;
	const uint32_t size = sizeof(struct vfio_iommu_type1_dma_map);
	const uint64_t iova = RIG_IOVA + 16 * RIG_PAGE;
	struct vfio_iommu_type1_dma_unmap cmd = {
		.argsz = sizeof(cmd), .iova = iova, .size = 5 * RIG_PAGE,
	};

	WANT(map(rig, size, 3, rig_memory(), iova, 2 * RIG_PAGE), 0);
	WANT(map(rig, size, 3, rig_memory(), iova + 2 * RIG_PAGE, 4 * RIG_PAGE),
	     0);
	WANT_ONCE(rig_ioctl(rig->fd, VFIO_IOMMU_UNMAP_DMA, &cmd), -ENOENT);
	HOLDS_IF_WELL(cmd.size == 2 * RIG_PAGE);
	WANT(unmap(rig, 0, iova, 6 * RIG_PAGE), 4 * RIG_PAGE);
}

static const struct uiommufd_scenario some = {
	.name = "vfio-unmap-some",
	.summary = "only some of a range can be unmapped, each step may fail",
	.setup = setup,
	.thread = { unmap_some },
	.state_bytes = sizeof(struct container),
	.failures = RIG_FAIL_ANY,
};

/* ---- information ---- */

static void infos(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	struct rig *rig = &container->rig;
	union {
		struct vfio_iommu_type1_info info;
		uint32_t word[64];
	} answer;

	memset(&answer, 0xee, sizeof(answer));
	answer.info.argsz = 15;
	WANT(rig_ioctl(rig->fd, VFIO_IOMMU_GET_INFO, &answer), -EINVAL);
	/* The structure alone: nothing of it comes from a stack. */
	answer.info.argsz = sizeof(answer.info);
	WANT(rig_ioctl(rig->fd, VFIO_IOMMU_GET_INFO, &answer), 0);
	HOLDS_IF_WELL(answer.info.flags == (VFIO_IOMMU_INFO_PGSIZES |
					    VFIO_IOMMU_INFO_CAPS));
	HOLDS_IF_WELL(answer.info.cap_offset == 0 && answer.word[5] == 0);
	HOLDS_IF_WELL(answer.info.argsz == 56 + 16);
	HOLDS(answer.word[sizeof(answer.info) / 4] == 0xeeeeeeee);
	answer.info.argsz = sizeof(answer);
	WANT(rig_ioctl(rig->fd, VFIO_IOMMU_GET_INFO, &answer), 0);
	HOLDS_IF_WELL(answer.info.cap_offset == 24 && answer.word[5] == 0);
	HOLDS(answer.word[(56 + 16) / 4] == 0xeeeeeeee);
}

static const struct uiommufd_scenario information = {
	.name = "vfio-info",
	.summary = "what a container tells about itself, each step may fail",
	.setup = setup,
	.thread = { infos },
	.state_bytes = sizeof(struct container),
	.failures = UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_OP,
};

/* ---- which IOAS ---- */

static void use(struct uiommufd_run *run, void *state)
{
	struct container *container = state;

	WANT_OF(rig_ioctl(container->rig.fd, VFIO_CHECK_EXTENSION,
			  (void *)VFIO_DMA_CC_IOMMU), 0, 1, -ENODEV);
	WANT_ONE(unmap(&container->rig, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0), 0,
		 -ENODEV);
}

static void destroy(struct uiommufd_run *run, void *state)
{
	struct container *container = state;

	WANT_ONE(rig_destroy(container->rig.fd, container->other), 0, -EBUSY);
}

static void setup_other(struct uiommufd_run *run, void *state)
{
	struct container *container = state;

	setup(run, state);
	HOLDS(!vfio_ioas(&container->rig, IOMMU_VFIO_IOAS_SET,
			 &container->other));
}

static void clear(struct uiommufd_run *run, void *state)
{
	struct container *container = state;
	uint32_t id = 0;

	WANT(vfio_ioas(&container->rig, IOMMU_VFIO_IOAS_CLEAR, &id), 0);
}

static const struct uiommufd_scenario which = {
	.name = "vfio-ioas",
	.summary = "the container's IOAS is used while it is destroyed",
	.setup = setup_other,
	.thread = { use, destroy, clear },
	.state_bytes = sizeof(struct container),
};

const struct uiommufd_scenario *const scenarios_vfio[] = {
	&mapping, &some, &cutting, &cutting_buffer, &cutting_rights, &information, &which, NULL
};
