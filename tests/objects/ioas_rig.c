// SPDX-License-Identifier: MIT
/* Help of ioas_rig.h. */
#include "ioas_rig.h"

#include <sys/mman.h>
#include <unistd.h>

/* ---- what ends with the test ---- */

#define KEPT_MAX 64

static struct {
	struct { void *at; size_t bytes; } memory[KEPT_MAX];
	unsigned int memory_count;
	int fd[KEPT_MAX];
	unsigned int fd_count;
	struct toy *toy[KEPT_MAX];
	unsigned int toy_count;
} kept;

struct toy_call toy_calls[TOY_CALLS];
unsigned int toy_call_count;

int ioas_rig_setup(void **state)
{
	memset(&kept, 0, sizeof(kept));
	toy_call_count = 0;
	return rig_setup(state);
}

int ioas_rig_teardown(void **state)
{
	int ret;

	/* The context first: it may still have them mapped. */
	ret = rig_teardown(state);
	for (unsigned int i = 0; i < kept.memory_count; i++)
		munmap(kept.memory[i].at, kept.memory[i].bytes);
	for (unsigned int i = 0; i < kept.fd_count; i++)
		close(kept.fd[i]);
	for (unsigned int i = 0; i < kept.toy_count; i++)
		free(kept.toy[i]);
	return ret;
}

char *memory(size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(at != MAP_FAILED);
	assert_true(kept.memory_count < KEPT_MAX);
	kept.memory[kept.memory_count].at = at;
	kept.memory[kept.memory_count++].bytes = bytes;
	return at;
}

int memory_file(size_t bytes)
{
	int fd = memfd_create("ioas_rig", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	assert_true(kept.fd_count < KEPT_MAX);
	kept.fd[kept.fd_count++] = fd;
	return fd;
}

/* ---- calls ---- */

int ioas_map(struct rig *rig, u32 ioas, u32 flags, const void *va, u64 length,
	     u64 *iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd), .flags = flags, .ioas_id = ioas,
		.user_va = (uintptr_t)va, .length = length, .iova = *iova,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_MAP, &cmd);

	*iova = cmd.iova;
	return ret;
}

int ioas_map_at(struct rig *rig, u32 ioas, const void *va, u64 length, u64 iova)
{
	return ioas_map(rig, ioas, MAP_FIXED_RW, va, length, &iova);
}

int ioas_map_file(struct rig *rig, u32 ioas, u32 flags, int fd, u64 start,
		  u64 length, u64 *iova)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd), .flags = flags, .ioas_id = ioas, .fd = fd,
		.start = start, .length = length, .iova = *iova,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_MAP_FILE, &cmd);

	*iova = cmd.iova;
	return ret;
}

int ioas_copy(struct rig *rig, u32 dst, u32 src, u32 flags, u64 src_iova,
	      u64 length, u64 *dst_iova)
{
	struct iommu_ioas_copy cmd = {
		.size = sizeof(cmd), .flags = flags, .dst_ioas_id = dst,
		.src_ioas_id = src, .length = length, .dst_iova = *dst_iova,
		.src_iova = src_iova,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_COPY, &cmd);

	*dst_iova = cmd.dst_iova;
	return ret;
}

int ioas_unmap(struct rig *rig, u32 ioas, u64 iova, u64 *length)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .iova = iova,
		.length = *length,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_UNMAP, &cmd);

	*length = cmd.length;
	return ret;
}

int ioas_unmap_at(struct rig *rig, u32 ioas, u64 iova, u64 length)
{
	return ioas_unmap(rig, ioas, iova, &length);
}

int ioas_unmap_all(struct rig *rig, u32 ioas)
{
	return ioas_unmap_at(rig, ioas, 0, U64_MAX);
}

int ioas_allow(struct rig *rig, u32 ioas, const struct iommu_iova_range *list,
	       u32 count)
{
	struct iommu_ioas_allow_iovas cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .num_iovas = count,
		.allowed_iovas = (uintptr_t)list,
	};

	return rig_ioctl(rig, IOMMU_IOAS_ALLOW_IOVAS, &cmd);
}

int ioas_huge(struct rig *rig, u32 ioas, u64 enable)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd), .option_id = IOMMU_OPTION_HUGE_PAGES,
		.op = IOMMU_OPTION_OP_SET, .object_id = ioas, .val64 = enable,
	};

	return rig_ioctl(rig, IOMMU_OPTION, &cmd);
}

u64 ioas_alignment(struct rig *rig, u32 ioas)
{
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd), .ioas_id = ioas,
	};
	int ret = rig_ioctl(rig, IOMMU_IOAS_IOVA_RANGES, &cmd);

	assert_true(!ret || ret == -EMSGSIZE);
	return cmd.out_iova_alignment;
}

struct iommufd_ioas *ioas_of(struct rig *rig, u32 id)
{
	struct iommufd_object *obj = rig_object(rig, id);

	assert_non_null(obj);
	assert_int_equal(obj->type, IOMMUFD_OBJ_IOAS);
	return container_of(obj, struct iommufd_ioas, obj);
}

struct iopt *iopt_of(struct rig *rig, u32 id)
{
	return &ioas_of(rig, id)->iopt;
}

unsigned long area_count(struct rig *rig, u32 id)
{
	return iopt_of(rig, id)->area_count;
}

/* ---- invariants ---- */

static void check_area(const struct iopt *iopt, const struct iopt_area *area)
{
	assert_true(area->first <= area->last);
	assert_false(iopt_reserved_meets(iopt, area->first, area->last));
	assert_true(area->filled == (iopt->domain_count > 0));
	assert_true(area->num_locks <= area->num_accesses);
	assert_true(area->pages->pinned == area->pages->charged);
	assert_ptr_equal(area->iopt, iopt);
}

static void check_summary(const struct iopt_area *area)
{
	const struct iopt_area *left = iopt_to_area(area->node.rb_left);
	const struct iopt_area *right = iopt_to_area(area->node.rb_right);
	unsigned long gap = 0;

	if (left) {
		gap = max(left->sub.gap, area->first - left->sub.last - 1);
		assert_true(left->sub.last < area->first);
	}
	if (right) {
		gap = max3(gap, right->sub.gap,
			   right->sub.first - area->last - 1);
		assert_true(right->sub.first > area->last);
	}
	assert_true(area->sub.first == (left ? left->sub.first : area->first));
	assert_true(area->sub.last == (right ? right->sub.last : area->last));
	assert_true(area->sub.gap == gap);
}

void iopt_check(struct iopt *iopt)
{
	unsigned long count = 0, classes = 0;
	struct iopt_area *area, *before = NULL;

	iopt_for_each_area(area, iopt) {
		check_area(iopt, area);
		check_summary(area);
		if (before)
			assert_true(before->last < area->first);
		before = area;
		count++;
	}
	for (unsigned int i = 0; i < IOPT_ALIGNMENTS; i++)
		classes += iopt->alignments[i];
	assert_true(iopt->area_count == count);
	assert_true(classes == count);
	assert_true(iopt->alignment && iopt->alignment <= PAGE_SIZE);
}

/* ---- the toy domain ---- */

static struct toy *to_toy(struct pt_iommu *table)
{
	return container_of(table, struct toy, table);
}

static void note(char kind, struct toy *toy, unsigned long iova,
		 unsigned long size, phys_addr_t phys)
{
	/* Toys of two IOASes may be asked at the same time. */
	unsigned int i = __atomic_fetch_add(&toy_call_count, 1,
					    __ATOMIC_RELAXED);

	if (i < TOY_CALLS)
		toy_calls[i] = (struct toy_call){ kind, toy, iova, size, phys };
}

static int toy_map(struct pt_iommu *table, dma_addr_t iova, phys_addr_t phys,
		   dma_addr_t size, unsigned int prot, gfp_t gfp,
		   size_t *mapped)
{
	struct toy *toy = to_toy(table);

	note('m', toy, iova, size, phys);
	if (toy->fail_after && !--toy->fail_after)
		return toy->fail_with;
	for (unsigned int i = 0; i < toy->count; i++)
		assert_true(iova + size - 1 < toy->entry[i].iova ||
			    iova > toy->entry[i].iova + toy->entry[i].size - 1);
	assert_true(toy->count < TOY_ENTRIES);
	toy->entry[toy->count++] =
		(struct toy_entry){ iova, size, phys, prot, false };
	*mapped += size;
	return 0;
}

static size_t toy_unmap(struct pt_iommu *table, dma_addr_t iova,
			dma_addr_t size, struct iommu_iotlb_gather *gather)
{
	struct toy *toy = to_toy(table);
	unsigned int kept_count = 0;
	size_t done = 0;

	note('u', toy, iova, size, 0);
	for (unsigned int i = 0; i < toy->count; i++) {
		struct toy_entry *entry = &toy->entry[i];

		if (entry->iova < iova || entry->iova - iova >= size)
			toy->entry[kept_count++] = *entry;
		else
			done += entry->size;
	}
	toy->count = kept_count;
	return done;
}

static const struct pt_iommu_ops toy_table_ops = {
	.map_range = toy_map,
	.unmap_range = toy_unmap,
};

static phys_addr_t toy_iova_to_phys(struct iommu_domain *domain,
				    dma_addr_t iova)
{
	return toy_phys(container_of(domain, struct toy, table.domain), iova);
}

static void toy_sync(struct iommu_domain *domain,
		     struct iommu_iotlb_gather *gather)
{
	struct toy *toy = container_of(domain, struct toy, table.domain);

	toy->syncs++;
	toy->sync_first = gather->start;
	toy->sync_last = gather->end;
}

static const struct iommu_domain_ops toy_domain_ops = {
	.iova_to_phys = toy_iova_to_phys,
	.iotlb_sync = toy_sync,
};

static int toy_set_tracking(struct iommu_domain *domain, bool enabled)
{
	container_of(domain, struct toy, table.domain)->tracking = enabled;
	return 0;
}

static int toy_read_dirty(struct iommu_domain *domain, unsigned long iova,
			  size_t size, unsigned long flags,
			  struct iommu_dirty_bitmap *dirty)
{
	struct toy *toy = container_of(domain, struct toy, table.domain);
	unsigned long last = iova + size - 1;

	for (unsigned int i = 0; i < toy->count; i++) {
		struct toy_entry *entry = &toy->entry[i];

		if (!entry->dirty || entry->iova > last ||
		    entry->iova + entry->size - 1 < iova)
			continue;
		iommu_dirty_bitmap_record(dirty, entry->iova, entry->size);
		if (!(flags & IOMMU_DIRTY_NO_CLEAR))
			entry->dirty = false;
	}
	return toy->dirty_error;
}

static const struct iommu_dirty_ops toy_dirty_ops = {
	.set_dirty_tracking = toy_set_tracking,
	.read_and_clear_dirty = toy_read_dirty,
};

struct toy *toy_new(unsigned long page_sizes)
{
	struct toy *toy = calloc(1, sizeof(*toy));
	struct iommu_domain *domain;

	assert_non_null(toy);
	assert_true(kept.toy_count < KEPT_MAX);
	kept.toy[kept.toy_count++] = toy;
	toy->table.ops = &toy_table_ops;
	domain = &toy->table.domain;
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->is_iommupt = true;
	domain->ops = &toy_domain_ops;
	domain->dirty_ops = &toy_dirty_ops;
	domain->pgsize_bitmap = page_sizes;
	domain->geometry.aperture_end = ULONG_MAX;
	return toy;
}

struct toy_entry *toy_entry(struct toy *toy, unsigned long iova)
{
	for (unsigned int i = 0; i < toy->count; i++)
		if (iova >= toy->entry[i].iova &&
		    iova - toy->entry[i].iova < toy->entry[i].size)
			return &toy->entry[i];
	return NULL;
}

phys_addr_t toy_phys(const struct toy *toy, unsigned long iova)
{
	const struct toy_entry *entry = toy_entry((struct toy *)toy, iova);

	return entry ? entry->phys + (iova - entry->iova) : 0;
}

static phys_addr_t area_phys(const struct iopt_area *area, unsigned long iova)
{
	unsigned long byte = iopt_area_byte(area, iova);

	return PFN_PHYS(pages_pfn(area->pages, byte / PAGE_SIZE)) +
	       byte % PAGE_SIZE;
}

void toy_check(const struct toy *toy, struct iopt *iopt)
{
	unsigned long mapped = 0, wanted = 0;
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		unsigned long step = PAGE_SIZE / 4;

		wanted += iopt_area_length(area);
		for (unsigned long at = area->first; ; at += step) {
			assert_true(toy_phys(toy, at) == area_phys(area, at));
			if (area->last - at < step)
				break;
		}
		assert_true(toy_phys(toy, area->last) ==
			    area_phys(area, area->last));
	}
	for (unsigned int i = 0; i < toy->count; i++)
		mapped += toy->entry[i].size;
	assert_true(mapped == wanted);
}
