/* SPDX-License-Identifier: MIT */
/*
 * Help for tests of address spaces: calls in one line, and a domain that
 * writes down what it is asked.
 */
#ifndef TESTS_OBJECTS_IOAS_RIG_H
#define TESTS_OBJECTS_IOAS_RIG_H

#include "rig.h"

#include "objects/access.h"
#include "objects/ioas.h"

#define MAP_RW (IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE)
#define MAP_FIXED_RW (MAP_RW | IOMMU_IOAS_MAP_FIXED_IOVA)

/* ---- calls: 0 or a negative errno ---- */

int ioas_map(struct rig *rig, u32 ioas, u32 flags, const void *va, u64 length,
	     u64 *iova);
int ioas_map_at(struct rig *rig, u32 ioas, const void *va, u64 length,
		u64 iova);
int ioas_map_file(struct rig *rig, u32 ioas, u32 flags, int fd, u64 start,
		  u64 length, u64 *iova);
int ioas_copy(struct rig *rig, u32 dst, u32 src, u32 flags, u64 src_iova,
	      u64 length, u64 *dst_iova);
/* @length becomes what was unmapped, on success only. */
int ioas_unmap(struct rig *rig, u32 ioas, u64 iova, u64 *length);
int ioas_unmap_at(struct rig *rig, u32 ioas, u64 iova, u64 length);
int ioas_unmap_all(struct rig *rig, u32 ioas);
int ioas_allow(struct rig *rig, u32 ioas, const struct iommu_iova_range *list,
	       u32 count);
int ioas_huge(struct rig *rig, u32 ioas, u64 enable);
u64 ioas_alignment(struct rig *rig, u32 ioas);

struct iommufd_ioas *ioas_of(struct rig *rig, u32 id);
struct iopt *iopt_of(struct rig *rig, u32 id);
unsigned long area_count(struct rig *rig, u32 id);

/* Private anonymous pages, cleared; until the test's end. */
char *memory(size_t bytes);
/* A memfd of that size. */
int memory_file(size_t bytes);

/* Everything that must hold of an IOAS at rest. */
void iopt_check(struct iopt *iopt);

/* ---- a domain ---- */

#define TOY_ENTRIES 4096
#define TOY_CALLS 256

struct toy_entry {
	unsigned long iova;
	unsigned long size;
	phys_addr_t phys;
	int prot;
	bool dirty;
};

struct toy_call {
	char kind;			/* 'm'ap or 'u'nmap */
	struct toy *toy;
	unsigned long iova;
	unsigned long size;
	phys_addr_t phys;
};

/* Maps a range as one entry, whatever its size; unmaps entries whole. */
struct toy {
	struct pt_iommu table;
	struct toy_entry entry[TOY_ENTRIES];
	unsigned int count;
	unsigned int fail_after;	/* map calls; 0: none fails */
	int fail_with;
	unsigned int syncs;		/* IOTLB flushes */
	unsigned long sync_first, sync_last;
	bool tracking;
	int dirty_error;
};

/* What all toys were asked, in order. */
extern struct toy_call toy_calls[TOY_CALLS];
extern unsigned int toy_call_count;

/* Owned by the test's end.  @page_sizes as in pgsize_bitmap. */
struct toy *toy_new(unsigned long page_sizes);
/* What an IOVA leads to; 0: nothing. */
phys_addr_t toy_phys(const struct toy *toy, unsigned long iova);
struct toy_entry *toy_entry(struct toy *toy, unsigned long iova);
/* Every area is in it and nothing else. */
void toy_check(const struct toy *toy, struct iopt *iopt);

/* ---- random numbers from a seed ---- */

static inline u64 random_next(u64 *seed)
{
	u64 x = *seed += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* [0, n) */
static inline u64 random_below(u64 *seed, u64 n)
{
	return random_next(seed) % n;
}

int ioas_rig_setup(void **state);
int ioas_rig_teardown(void **state);

#define IOAS_TEST(name) \
	cmocka_unit_test_setup_teardown(name, ioas_rig_setup, \
					ioas_rig_teardown)

#endif
