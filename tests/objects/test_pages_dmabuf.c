// SPDX-License-Identifier: MIT
/* Memory of dma-bufs, and its revocation: spec/40 section 9.3. */
#include "ioas_rig.h"

#include <linux/dma-buf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "objects/pages_dmabuf.h"

#define BUFFER_PHYS 0x123450000000ull
#define BUFFER_BYTES 0x10000ul

/* The exporter: what it was asked, and what it answers. */
static struct {
	int attach_error, pin_error, phys_error;
	int attached, pinned, released;
	bool pin_locked, unpin_locked;
} exporter;

static int exporter_attach(struct dma_buf *buf, struct dma_buf_attachment *at)
{
	if (exporter.attach_error)
		return exporter.attach_error;
	exporter.attached++;
	return 0;
}

static void exporter_detach(struct dma_buf *buf, struct dma_buf_attachment *at)
{
	/* Unpinned before it goes. */
	assert_int_equal(exporter.pinned, exporter.attached - 1);
	exporter.attached--;
}

static int exporter_pin(struct dma_buf_attachment *at)
{
	exporter.pin_locked = lockdep_is_held(&at->dmabuf->resv->lock);
	if (exporter.pin_error)
		return exporter.pin_error;
	exporter.pinned++;
	return 0;
}

static void exporter_unpin(struct dma_buf_attachment *at)
{
	exporter.unpin_locked = lockdep_is_held(&at->dmabuf->resv->lock);
	exporter.pinned--;
}

static void exporter_release(struct dma_buf *buf)
{
	exporter.released++;
}

static int exporter_phys(struct dma_buf_attachment *at, phys_addr_t *out_phys)
{
	*out_phys = BUFFER_PHYS;
	return exporter.phys_error;
}

static const struct pages_dmabuf_exporter known = {
	.ops = {
		.attach = exporter_attach,
		.detach = exporter_detach,
		.pin = exporter_pin,
		.unpin = exporter_unpin,
		.release = exporter_release,
	},
	.phys = exporter_phys,
};

static struct dma_buf *buffer(const char *name, int *fd)
{
	struct dma_buf_export_info info = {
		.exp_name = name, .ops = &known.ops, .size = BUFFER_BYTES,
		.flags = O_RDWR, .owner = THIS_MODULE,
	};
	struct dma_buf *buf = dma_buf_export(&info);

	assert_false(IS_ERR(buf));
	*fd = dma_buf_fd(buf, O_CLOEXEC);
	assert_true(*fd >= 0);
	return buf;
}

static struct dma_buf *known_buffer(int *fd)
{
	memset(&exporter, 0, sizeof(exporter));
	return buffer(pages_dmabuf_exporter_name, fd);
}

static void take_away(struct dma_buf *buf)
{
	dma_resv_lock(buf->resv, NULL);
	dma_buf_invalidate_mappings(buf);
	dma_resv_unlock(buf->resv);
}

static int map_buffer(struct rig *rig, u32 ioas, int fd, u64 start, u64 length,
		      u64 iova)
{
	return ioas_map_file(rig, ioas, MAP_FIXED_RW, fd, start, length, &iova);
}

static void test_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	int fd, other;

	known_buffer(&fd);
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0, 0), -EINVAL);
	assert_int_equal(map_buffer(rig, ioas, fd, BUFFER_BYTES, 1, 0),
			 -EINVAL);
	assert_int_equal(map_buffer(rig, ioas, fd, 0, BUFFER_BYTES + 1, 0),
			 -EINVAL);
	exporter.attach_error = -EIO;
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x1000, 0), -EIO);
	exporter.attach_error = 0;
	exporter.pin_error = -EAGAIN;
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x1000, 0), -EAGAIN);
	assert_true(exporter.pin_locked);
	exporter.pin_error = 0;
	exporter.phys_error = -ENODEV;
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x1000, 0), -ENODEV);
	exporter.phys_error = 0;
	/* B75: unpinned under the exporter's lock, after all failures. */
	assert_true(exporter.unpin_locked);
	assert_int_equal(exporter.attached + exporter.pinned, 0);
	iopt->alignment = 0x1000;
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x800, 0), -EINVAL);
	iopt->alignment = 1;
	assert_int_equal(exporter.attached + exporter.pinned, 0);
	/* The same from somebody nobody knows. */
	buffer("stranger", &other);
	assert_int_equal(map_buffer(rig, ioas, other, 0, 0x1000, 0),
			 -EOPNOTSUPP);
	assert_int_equal(uiommufd_close(other), 0);
	assert_int_equal(uiommufd_close(fd), 0);
	assert_int_equal(exporter.released, 2);
}

/* Mapped as device memory, at its place, pinned for nobody. */
static void test_map(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0x3fful);
	struct iommufd_access *access;
	u64 pinned = atomic64_read(&current->mm->pinned_vm);
	struct page *page;
	int fd;

	known_buffer(&fd);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(map_buffer(rig, ioas, fd, 0x1400, 0x3000, 0x20400),
			 0);
	assert_int_equal(uiommufd_close(fd), 0);
	assert_int_equal(exporter.released, 0);
	assert_true(toy_phys(toy, 0x20400) == BUFFER_PHYS + 0x1400);
	assert_true(toy_phys(toy, 0x233ff) == BUFFER_PHYS + 0x43ff);
	assert_int_equal(toy->entry[0].prot,
			 IOMMU_READ | IOMMU_WRITE | IOMMU_MMIO);
	assert_true(atomic64_read(&current->mm->pinned_vm) == pinned);
	/* B74: no way in for software. */
	access = iommufd_access_create_internal(rig_ctx(rig));
	iopt_of(rig, ioas)->alignment = 1;
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(exporter.attached + exporter.pinned, 0);
	assert_int_equal(exporter.released, 1);
	known_buffer(&fd);
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x3000, 0x20000), 0);
	assert_int_equal(iommufd_access_attach_internal(access,
							ioas_of(rig, ioas)), 0);
	assert_int_equal(iommufd_access_pin_pages(access, 0x20000, 0x1000,
						  &page, 0), -EINVAL);
	assert_int_equal(iommufd_access_rw(access, 0x20000, &page, 1, 0),
			 -EINVAL);
	iommufd_access_detach_internal(access);
	iommufd_access_destroy_internal(rig_ctx(rig), access);
	/* It cannot be cut either. */
	assert_int_equal(ioas_huge(rig, ioas, 0), -EINVAL);
	assert_int_equal(iopt_cut(iopt, 0x20fff), -EOPNOTSUPP);
	iopt_remove_domain(iopt, &toy->table.domain);
	assert_int_equal(uiommufd_close(fd), 0);
}

/* Gone from all domains of all IOASes, for ever; the areas stay. */
static void test_revoke(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	struct toy *toy[3];
	struct dma_buf *buf;
	u64 iova = 0x50000;
	int fd;

	buf = known_buffer(&fd);
	for (int i = 0; i < 3; i++)
		toy[i] = toy_new(~0xffful);
	for (int i = 0; i < 2; i++)
		assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
						 &toy[i]->table.domain), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, other),
					 &toy[2]->table.domain), 0);
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x4000, 0x10000), 0);
	assert_int_equal(ioas_copy(rig, other, ioas, MAP_FIXED_RW, 0x11000,
				   0x2000, &iova), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(toy[i]->count, 1);
	take_away(buf);
	for (int i = 0; i < 3; i++)
		assert_int_equal(toy[i]->count, 0);
	assert_true(area_count(rig, ioas) == 1);
	assert_int_equal(ioas_map_at(rig, ioas, NULL, 0x1000, 0x12000),
			 -EEXIST);
	/* Nothing for domains and copies that come later, with success. */
	iopt_remove_domain(iopt_of(rig, ioas), &toy[1]->table.domain);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy[1]->table.domain), 0);
	assert_int_equal(ioas_copy(rig, ioas, other, MAP_FIXED_RW, 0x50000,
				   0x1000, &iova), 0);
	assert_int_equal(toy[0]->count + toy[1]->count, 0);
	/* A new mapping of what is there again works. */
	assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x1000, 0x80000), 0);
	assert_int_equal(toy[0]->count, 1);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10000, 0x4000), 0);
	assert_int_equal(ioas_unmap_all(rig, other), 0);
	for (int i = 0; i < 3; i++)
		iopt_remove_domain(iopt_of(rig, i < 2 ? ioas : other),
				   &toy[i]->table.domain);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(exporter.attached + exporter.pinned, 0);
	assert_int_equal(uiommufd_close(fd), 0);
	assert_int_equal(exporter.released, 1);
}

/* Revocation and unmapping at the same time: each entry goes once. */
struct race {
	struct uik_machine *machine;
	struct dma_buf *buf;
	bool stop;
};

static int race_revoke(void *arg)
{
	struct race *race = arg;
	struct uik_machine *before = uik_enter(race->machine);

	while (!__atomic_load_n(&race->stop, __ATOMIC_RELAXED))
		take_away(race->buf);
	uik_leave(before);
	return 0;
}

static void test_revoke_race(void **state)
{
	struct rig *rig = *state;
	struct race race = { .machine = rig->machine };
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	struct uik_thread *thread;
	int fd;

	race.buf = known_buffer(&fd);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	thread = uik_thread_start(race_revoke, &race, "revoke");
	for (int i = 0; i < 500; i++) {
		assert_int_equal(map_buffer(rig, ioas, fd, 0, 0x4000, 0), 0);
		assert_int_equal(ioas_unmap_all(rig, ioas), 0);
		assert_int_equal(toy->count, 0);
	}
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(uik_thread_join(thread), 0);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	assert_int_equal(uiommufd_close(fd), 0);
}

static u32 swept_ioas;
static int swept_fd;

static int sweep_map(struct rig *rig)
{
	unsigned long iova = 0;

	return iopt_map_file(rig_ctx(rig), iopt_of(rig, swept_ioas), swept_fd,
			     0, 0x4000, IOMMU_READ, true, &iova);
}

static void sweep_unmap(struct rig *rig)
{
	assert_int_equal(ioas_unmap_all(rig, swept_ioas), 0);
}

static void test_failing_steps(void **state)
{
	struct rig *rig = *state;
	struct toy *toy = toy_new(~0xffful);
	const int errnos[] = { ENOMEM, 0 };

	known_buffer(&swept_fd);
	swept_ioas = rig_ioas(rig);
	assert_int_equal(iopt_add_domain(iopt_of(rig, swept_ioas),
					 &toy->table.domain), 0);
	rig_sweep(rig, sweep_map, sweep_unmap, errnos);
	assert_int_equal(exporter.attached + exporter.pinned, 0);
	iopt_remove_domain(iopt_of(rig, swept_ioas), &toy->table.domain);
	assert_int_equal(uiommufd_close(swept_fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_errnos),
		IOAS_TEST(test_map),
		IOAS_TEST(test_revoke),
		IOAS_TEST(test_revoke_race),
		IOAS_TEST(test_failing_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
