// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's selftests for PASIDs: attaching, replacing,
 * detaching with page tables of every kind, with a second device that has none.
 */
#include "selftest.h"

struct fixture {
	int fd;
	uint32_t ioas;
	struct mock none, has;
	uint32_t plain, one, two, parent, nested;
	uint32_t faultq, faulting;
	uint32_t fault_fd;
	uint32_t viommu;
};

#define PASID 100

static struct fixture setup(int has_pasid)
{
	struct fixture f = { .fd = open_iommu() };
	uint32_t flag = IOMMU_HWPT_ALLOC_PASID;

	f.ioas = ioas_alloc(f.fd);
	if (!has_pasid)
		CHECK_EQ(new_device(f.fd, f.ioas, 0, &f.none), 0);
	CHECK_EQ(new_device(f.fd, f.ioas, MOCK_FLAGS_DEVICE_PASID, &f.has), 0);
	CHECK_EQ(paging(f.fd, f.has.idev, f.ioas, 0, &f.plain), 0);
	CHECK_EQ(paging(f.fd, f.has.idev, f.ioas, flag, &f.one), 0);
	CHECK_EQ(paging(f.fd, f.has.idev, f.ioas, flag, &f.two), 0);
	CHECK_EQ(paging(f.fd, f.has.idev, f.ioas,
			flag | IOMMU_HWPT_ALLOC_NEST_PARENT, &f.parent), 0);
	CHECK_EQ(nested(f.fd, f.has.idev, f.parent, flag, 0, &f.nested), 0);
	CHECK_EQ(new_faultq(f.fd, &f.faultq, &f.fault_fd), 0);
	CHECK_EQ(nested(f.fd, f.has.idev, f.parent,
			flag | IOMMU_HWPT_FAULT_ID_VALID, f.faultq,
			&f.faulting), 0);
	return f;
}

/* Nothing with PASIDs and something without is never attached together. */
static void check_compatibility(struct fixture *f)
{
	uint32_t stdev = f->has.stdev;

	CHECK_EQ(pasid_detach(f->fd, stdev, PASID), 0);
	CHECK_EQ(pasid_check(f->fd, stdev, PASID, 0), 0);
	CHECK_ERRNO(EINVAL, pasid_attach(f->fd, stdev, PASID, f->one));
	CHECK_EQ(replace(f->fd, stdev, f->one), 0);
	CHECK_ERRNO(EINVAL, pasid_attach(f->fd, stdev, PASID, f->plain));
	CHECK_ERRNO(EINVAL, pasid_attach(f->fd, stdev, PASID, f->ioas));
	CHECK_ERRNO(ENOENT, pasid_attach(f->fd, stdev, PASID, 9999));
	CHECK_EQ(pasid_attach(f->fd, stdev, PASID, f->one), 0);
	CHECK_ERRNO(EINVAL, replace(f->fd, stdev, f->plain));
	CHECK_ERRNO(EINVAL, replace(f->fd, stdev, f->ioas));
	CHECK_EQ(pasid_check(f->fd, stdev, PASID, f->one), 0);
	CHECK_ERRNO(EINVAL, pasid_check(f->fd, stdev, PASID, f->two));
	CHECK_ERRNO(EBUSY, pasid_attach(f->fd, stdev, PASID, f->one));
	CHECK_ERRNO(EINVAL, pasid_attach(f->fd, stdev, 1u << 20, f->one));
	CHECK_EQ(pasid_attach(f->fd, stdev, (1u << 20) - 1, f->one), 0);
	CHECK_EQ(pasid_detach(f->fd, stdev, (1u << 20) - 1), 0);
}

static void check_chain(struct fixture *f, uint32_t stdev)
{
	uint32_t chain[] = { f->two, f->nested, f->one, f->faulting, f->nested,
			     f->parent, f->one };

	for (size_t i = 0; i < sizeof(chain) / sizeof(chain[0]); i++) {
		CHECK_EQ(pasid_replace(f->fd, stdev, PASID, chain[i]), 0);
		CHECK_EQ(pasid_check(f->fd, stdev, PASID, chain[i]), 0);
		CHECK_ERRNO(EBUSY, destroy(f->fd, chain[i]));
		if (chain[i] == f->faulting)
			check_iopf(f->fd, f->has.idev, (int)f->fault_fd, PASID);
	}
	CHECK_ERRNO(EINVAL, pasid_replace(f->fd, stdev, PASID + 1, f->two));
	CHECK_ERRNO(EINVAL, pasid_replace(f->fd, stdev, PASID, f->plain));
	CHECK_EQ(pasid_check(f->fd, stdev, PASID, f->one), 0);
	CHECK_EQ(pasid_detach(f->fd, stdev, PASID), 0);
	CHECK_EQ(pasid_check(f->fd, stdev, PASID, 0), 0);
}

/* What was there stays when the driver refuses the next. */
static void check_rollback(struct fixture *f, uint32_t stdev)
{
	uint32_t pasid = IOMMU_TEST_PASID_RESERVED;

	CHECK_EQ(pasid_attach(f->fd, stdev, pasid, f->one), 0);
	CHECK_ERRNO(ENOMEM, pasid_replace(f->fd, stdev, pasid, f->two));
	CHECK_EQ(pasid_check(f->fd, stdev, pasid, f->one), 0);
	CHECK_EQ(destroy(f->fd, f->two), 0);
	CHECK_EQ(pasid_replace(f->fd, stdev, pasid, f->parent), 0);
	CHECK_ERRNO(ENOMEM, pasid_replace(f->fd, stdev, pasid, f->one));
	CHECK_EQ(pasid_check(f->fd, stdev, pasid, f->parent), 0);
	CHECK_EQ(pasid_detach(f->fd, stdev, pasid), 0);
}

/* The RID itself moves between page tables that PASIDs allow. */
static void check_rid(struct fixture *f, uint32_t stdev)
{
	CHECK_EQ(pasid_attach(f->fd, stdev, PASID, f->nested), 0);
	CHECK_EQ(replace(f->fd, stdev, f->nested), 0);
	CHECK_EQ(replace(f->fd, stdev, f->faulting), 0);
	check_iopf(f->fd, f->has.idev, (int)f->fault_fd, 0);
	CHECK_EQ(replace(f->fd, stdev, f->one), 0);
	CHECK_EQ(pasid_detach(f->fd, stdev, PASID), 0);
	CHECK_EQ(replace(f->fd, stdev, f->ioas), 0);
}

static void test_pasid_attach(int has_pasid)
{
	struct fixture f = setup(has_pasid);
	uint32_t unused;

	if (!has_pasid) {
		CHECK_ERRNO(EINVAL, pasid_attach(f.fd, f.none.stdev, PASID,
						 f.one));
		CHECK_ERRNO(EOPNOTSUPP, nested(f.fd, f.none.idev, f.parent,
					       IOMMU_HWPT_ALLOC_DIRTY_TRACKING,
					       0, &unused));
		CHECK_EQ(pasid_detach(f.fd, f.none.stdev, PASID), 0);
	}
	check_compatibility(&f);
	check_chain(&f, f.has.stdev);
	check_rollback(&f, f.has.stdev);
	check_rid(&f, f.has.stdev);
	CHECK_EQ(destroy(f.fd, f.has.stdev), 0);
	CHECK_EQ(close((int)f.fault_fd), 0);
	CHECK_EQ(destroy(f.fd, f.faulting), 0);
	CHECK_EQ(destroy(f.fd, f.faultq), 0);
	finish(f.fd);
}

/* The context is closed with PASIDs attached. */
static void test_close_attached(int has_pasid)
{
	struct fixture f = setup(has_pasid);

	CHECK_EQ(replace(f.fd, f.has.stdev, f.one), 0);
	CHECK_EQ(pasid_attach(f.fd, f.has.stdev, PASID, f.nested), 0);
	CHECK_EQ(close((int)f.fault_fd), 0);
	CHECK_EQ(pasid_detach(f.fd, f.has.stdev, PASID), 0);
	finish(f.fd);
}

static const struct test tests[] = {
	{ "pasid_attach", "no_pasid", 0, test_pasid_attach },
	{ "pasid_attach", "has_pasid", 1, test_pasid_attach },
	{ "close_attached", "no_pasid", 0, test_close_attached },
	{ "close_attached", "has_pasid", 1, test_close_attached },
};

int main(int argc, char **argv)
{
	return selftests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
