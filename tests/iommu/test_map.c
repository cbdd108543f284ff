/* SPDX-License-Identifier: MIT */
/* Mapping through a driver's own map_pages: cutting, undoing, flushing. */
#include "iommu_rig.h"

#include <linux/sizes.h>
#include <stdio.h>
#include <string.h>

static char calls[1024];
static int fail_call;			/* countdown of map_pages calls */
static size_t fail_after;		/* bytes done before it fails */
static int sync_map_error;

static void call(const char *fmt, unsigned long iova, size_t size, size_t count)
{
	size_t at = strlen(calls);

	snprintf(calls + at, sizeof(calls) - at, fmt, iova, size, count);
}

static int map_pages(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		     gfp_t gfp, size_t *mapped)
{
	call("m%lx:%zx*%zu ", iova, pgsize, pgcount);
	if (fail_call && !--fail_call) {
		*mapped += fail_after;
		return -ENOMEM;
	}
	*mapped += pgsize * pgcount;
	return 0;
}

static size_t unmap_pages(struct iommu_domain *domain, unsigned long iova,
			  size_t pgsize, size_t pgcount,
			  struct iommu_iotlb_gather *gather)
{
	call("u%lx:%zx*%zu ", iova, pgsize, pgcount);
	iommu_iotlb_gather_add_page(domain, gather, iova, pgsize * pgcount);
	return pgsize * pgcount;
}

static void iotlb_sync(struct iommu_domain *domain,
		       struct iommu_iotlb_gather *gather)
{
	call("s%lx-%zx/%zu ", gather->start, gather->end, gather->pgsize);
}

static int sync_map(struct iommu_domain *domain, unsigned long iova,
		    size_t size)
{
	call("y%lx+%zx#%zu ", iova, size, 0);
	return sync_map_error;
}

static const struct iommu_domain_ops ops = {
	.map_pages = map_pages,
	.unmap_pages = unmap_pages,
	.iotlb_sync = iotlb_sync,
};

static struct iommu_domain domain;

static int setup(void **state)
{
	calls[0] = '\0';
	fail_call = 0;
	fail_after = 0;
	sync_map_error = 0;
	domain = (struct iommu_domain){
		.type = IOMMU_DOMAIN_UNMANAGED,
		.ops = &ops,
		.pgsize_bitmap = SZ_4K | SZ_2M | SZ_1G,
	};
	return 0;
}

static int map(unsigned long iova, phys_addr_t paddr, size_t size)
{
	return iommu_map(&domain, iova, paddr, size, IOMMU_READ, GFP_KERNEL);
}

#define expect_calls(text) \
	do { \
		assert_string_equal(calls, (text)); \
		calls[0] = '\0'; \
	} while (0)

/* As few calls as the sizes allow: small up to a border, then large. */
static void cuts(void **state)
{
	assert_int_equal(map(0x1ff000, 0x3ff000, 0x402000), 0);
	expect_calls("m1ff000:1000*1 m200000:200000*2 m600000:1000*1 ");
	/* Alignments that differ never meet: one batch of small ones. */
	assert_int_equal(map(0x200000, 0x1000, 0x400000), 0);
	expect_calls("m200000:1000*1024 ");
	/* Too short for the larger size. */
	assert_int_equal(map(0x1ff000, 0x1ff000, 0x200000), 0);
	expect_calls("m1ff000:1000*512 ");
	assert_int_equal(map(0, 0, 0x40000000), 0);
	expect_calls("m0:40000000*1 ");
}

static void alignment(void **state)
{
	assert_int_equal(map(0x800, 0, 0x1000), -EINVAL);
	assert_int_equal(map(0, 0x800, 0x1000), -EINVAL);
	assert_int_equal(map(0, 0, 0x1800), -EINVAL);
	domain.type = IOMMU_DOMAIN_NESTED;
	assert_int_equal(map(0, 0, 0x1000), -EINVAL);
	assert_int_equal(iommu_unmap(&domain, 0, 0x1000), 0);
	domain.type = IOMMU_DOMAIN_UNMANAGED;
	domain.pgsize_bitmap = 0;
	assert_int_equal(map(0, 0, 0x1000), -ENODEV);
	assert_int_equal(iommu_unmap(&domain, 0, 0x1000), 0);
	expect_calls("");
}

/* What was done before the failure is undone, to the byte, and flushed. */
static void failure_undoes(void **state)
{
	fail_call = 2;
	fail_after = SZ_2M;
	assert_int_equal(map(0x1ff000, 0x3ff000, 0x401000), -ENOMEM);
	expect_calls("m1ff000:1000*1 m200000:200000*2 "
		     "u1ff000:1000*1 u200000:200000*1 s1ff000-1fffff/4096 "
		     "s200000-3fffff/2097152 ");
	fail_call = 1;
	fail_after = 0;
	assert_int_equal(map(0, 0, 0x1000), -ENOMEM);
	expect_calls("m0:1000*1 ");
}

static void sync_failure_undoes(void **state)
{
	struct iommu_domain_ops with_sync = ops;

	with_sync.iotlb_sync_map = sync_map;
	domain.ops = &with_sync;
	assert_int_equal(map(0, 0, 0x1000), 0);
	expect_calls("m0:1000*1 y0+1000#0 ");
	sync_map_error = -EIO;
	assert_int_equal(map(0, 0, 0x1000), -EIO);
	expect_calls("m0:1000*1 y0+1000#0 u0:1000*1 s0-fff/4096 ");
	assert_int_equal(iommu_map_nosync(&domain, 0, 0, 0x1000, IOMMU_READ,
					  GFP_KERNEL), 0);
	expect_calls("m0:1000*1 ");
}

/* A fast unmap leaves the flush to the caller. */
static void unmap_fast(void **state)
{
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	assert_int_equal(iommu_unmap_fast(&domain, 0x1000, 0x2000, &gather),
			 0x2000);
	expect_calls("u1000:1000*2 ");
	iommu_iotlb_sync(&domain, &gather);
	expect_calls("s1000-2fff/8192 ");
	/* Nothing gathered, nothing flushed. */
	iommu_iotlb_sync(&domain, &gather);
	expect_calls("");
	assert_int_equal(iommu_unmap(&domain, 0, 0), 0);
	expect_calls("");
}

/* Ranges that touch are gathered together, others are not. */
static void gathering(void **state)
{
	struct iommu_iotlb_gather gather;

	iommu_iotlb_gather_init(&gather);
	assert_false(iommu_iotlb_gather_is_disjoint(&gather, 0, 1));
	iommu_iotlb_gather_add_page(&domain, &gather, 0x2000, 0x1000);
	iommu_iotlb_gather_add_page(&domain, &gather, 0x3000, 0x1000);
	iommu_iotlb_gather_add_page(&domain, &gather, 0x1000, 0x1000);
	expect_calls("");
	assert_int_equal(gather.start, 0x1000);
	assert_int_equal(gather.end, 0x3fff);
	iommu_iotlb_gather_add_page(&domain, &gather, 0x5000, 0x1000);
	expect_calls("s1000-3fff/4096 ");
	assert_int_equal(gather.start, 0x5000);
	/* The end of the address space touches nothing. */
	iommu_iotlb_gather_init(&gather);
	iommu_iotlb_gather_add_range(&gather, -0x1000ul, 0x1000);
	assert_true(iommu_iotlb_gather_is_disjoint(&gather, 0, 0x1000));
}

static void translate(void **state)
{
	domain.type = IOMMU_DOMAIN_IDENTITY;
	assert_int_equal(iommu_iova_to_phys(&domain, 0x1234), 0x1234);
	domain.type = IOMMU_DOMAIN_BLOCKED;
	assert_int_equal(iommu_iova_to_phys(&domain, 0x1234), 0);
	domain.type = IOMMU_DOMAIN_UNMANAGED;
	assert_int_equal(iommu_iova_to_phys(&domain, 0x1234), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(cuts, setup),
		cmocka_unit_test_setup(alignment, setup),
		cmocka_unit_test_setup(failure_undoes, setup),
		cmocka_unit_test_setup(sync_failure_undoes, setup),
		cmocka_unit_test_setup(unmap_fast, setup),
		cmocka_unit_test_setup(gathering, setup),
		cmocka_unit_test_setup(translate, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
