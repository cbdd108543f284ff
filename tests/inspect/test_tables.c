// SPDX-License-Identifier: MIT
/* Laws of lib/inspect/tables.c: whatever is changed behind an IOAS's back shows. */
#include "inspect_rig.h"

#include <linux/bitmap.h>
#include <linux/file.h>
#include <linux/iommu.h>

#include "objects/ioas.h"
#include "objects/objects.h"

#define PAGE 4096ul
#define IOVA 0x1000000ul

/* A guest with memory, from inside. */
struct inside {
	int fd;
	struct file *file;
	struct iommufd_ctx *ictx;
	struct uik_machine *outer;
	struct iommufd_ioas *ioas;
	struct iommufd_device *idev;
};

static char memory[PAGE] __attribute__((__aligned__(PAGE)));

static struct inside enter(struct client *client)
{
	struct guest guest = make_guest(client->fd);
	struct inside in = { .fd = client->fd, .file = fget(client->fd) };
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd), .ioas_id = guest.ioas, .iova = IOVA,
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.user_va = (uintptr_t)memory, .length = PAGE,
	};

	assert_int_equal(uiommufd_ioctl(client->fd, IOMMU_IOAS_MAP, &cmd), 0);
	in.ictx = iommufd_file_ctx(in.file);
	in.outer = uik_enter(in.ictx->machine);
	in.ioas = iommufd_get_ioas(in.ictx, guest.ioas);
	in.idev = iommufd_get_device(in.ictx, guest.idev);
	assert_false(IS_ERR(in.ioas) || IS_ERR(in.idev));
	return in;
}

static void leave(struct inside *in)
{
	iommufd_put_object(in->ictx, &in->idev->obj);
	iommufd_put_ioas(in->ictx, in->ioas);
	uik_leave(in->outer);
	fput(in->file);
	assert_int_equal(uiommufd_tables_check(in->fd, stderr), 0);
}

static int wrong(const struct inside *in)
{
	return uiommufd_tables_check(in->fd, NULL);
}

/* A page that one of two tables lacks, has elsewhere, or has beside. */
static void tables_are_compared(void **state)
{
	struct inside in = enter(*state);
	struct iommu_domain *domain = in.ioas->iopt.domains[1];
	phys_addr_t phys = iommu_iova_to_phys(domain, IOVA);
	const int prot = IOMMU_READ | IOMMU_WRITE;

	assert_int_equal(wrong(&in), 0);
	assert_int_equal(iommu_unmap(domain, IOVA, PAGE), PAGE);
	assert_true(wrong(&in) > 0);
	assert_int_equal(iommu_map(domain, IOVA, phys + PAGE, PAGE, prot,
				   GFP_KERNEL), 0);
	assert_true(wrong(&in) > 0);
	assert_int_equal(iommu_unmap(domain, IOVA, PAGE), PAGE);
	assert_int_equal(iommu_map(domain, IOVA, phys, PAGE, prot,
				   GFP_KERNEL), 0);
	assert_int_equal(wrong(&in), 0);
	assert_int_equal(iommu_map(domain, IOVA + PAGE, phys, PAGE,
				   prot, GFP_KERNEL), 0);
	assert_true(wrong(&in) > 0);
	assert_int_equal(iommu_unmap(domain, IOVA + PAGE, PAGE), PAGE);
	leave(&in);
}

/* What is pinned, and paid for, is what areas and accesses use. */
static void pins_are_compared(void **state)
{
	struct inside in = enter(*state);
	struct iopt_area *area = iopt_area_at(&in.ioas->iopt, IOVA);

	area->pages->charged--;
	assert_true(wrong(&in) > 0);
	area->pages->charged++;
	area->pages->pinned++;
	assert_true(wrong(&in) > 0);
	area->pages->pinned--;
	area->filled = false;
	assert_true(wrong(&in) > 0);
	area->filled = true;
	leave(&in);
}

/* Ranges are reserved for somebody who is there; alignment follows. */
static void ranges_are_compared(void **state)
{
	struct inside in = enter(*state);
	struct iopt *iopt = &in.ioas->iopt;
	int stranger;

	assert_int_equal(iopt_reserve(iopt, 0x2000000, 0x2000fff, &stranger),
			 0);
	assert_true(wrong(&in) > 0);
	iopt_unreserve(iopt, &stranger);
	/* A device that is attached, a test's own. */
	assert_int_equal(iopt_reserve(iopt, 0x2000000, 0x2000fff,
				      in.idev->dev), 0);
	assert_int_equal(iopt_reserve(iopt, 0x3000000, 0x3000fff, NULL), 0);
	assert_int_equal(wrong(&in), 0);
	assert_int_equal(iopt_reserve(iopt, 0x2000000, 0x2000fff,
				      in.idev->dev), 0);
	assert_true(wrong(&in) > 0);
	iopt_unreserve(iopt, in.idev->dev);
	assert_int_equal(wrong(&in), 0);
	iopt->alignment *= 2;
	assert_true(wrong(&in) > 0);
	iopt->alignment /= 2;
	leave(&in);
}

/* A doorbell that a device was told is where it is attached. */
static void doorbells_are_compared(void **state)
{
	struct inside in = enter(*state);
	unsigned long *required = in.idev->igroup->required_sw_msi.bitmap;

	__set_bit(3, required);
	assert_true(wrong(&in) > 0);
	__clear_bit(3, required);
	leave(&in);
}

/* Not a context: EBADF. */
static void only_contexts(void **state)
{
	errno = 0;
	assert_int_equal(uiommufd_tables_check(0, NULL), -1);
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT_TEST(tables_are_compared),
		CLIENT_TEST(pins_are_compared),
		CLIENT_TEST(ranges_are_compared),
		CLIENT_TEST(doorbells_are_compared),
		CLIENT_TEST(only_contexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
