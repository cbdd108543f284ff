/* SPDX-License-Identifier: MIT */
/* Shared buffers. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/anon_inodes.h>
#include <linux/dma-buf.h>
#include <linux/file.h>
#include <linux/slab.h>

static int pins, told, released, refuse;

static int on_attach(struct dma_buf *buf, struct dma_buf_attachment *att)
{
	att->priv = buf->priv;
	return refuse;
}

static int on_pin(struct dma_buf_attachment *att)
{
	pins++;
	return 0;
}

static void on_unpin(struct dma_buf_attachment *att)
{
	pins--;
}

static void on_buf_release(struct dma_buf *buf)
{
	released++;
}

static const struct dma_buf_ops ops = {
	.attach = on_attach,
	.pin = on_pin,
	.unpin = on_unpin,
	.release = on_buf_release,
};

static void on_invalidate(struct dma_buf_attachment *att)
{
	told += *(int *)att->importer_priv;
}

static const struct dma_buf_attach_ops importer = {
	.allow_peer2peer = true,
	.invalidate_mappings = on_invalidate,
};

static int export(void)
{
	struct dma_buf_export_info info = {
		.ops = &ops, .size = 8192, .flags = O_RDWR, .priv = &pins,
	};
	struct dma_buf *buf = dma_buf_export(&info);
	int fd;

	assert_false(IS_ERR(buf));
	fd = dma_buf_fd(buf, O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

/* Law: the descriptor owns the buffer, importers keep it alive. */
static void life(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int fd = export(), weight = 3;
	struct dma_buf_attachment *a, *b;
	struct dma_buf *buf;

	pins = told = released = refuse = 0;
	buf = dma_buf_get(fd);
	assert_int_equal(buf->size, 8192);
	a = dma_buf_dynamic_attach(buf, NULL, &importer, &weight);
	b = dma_buf_dynamic_attach(buf, NULL, &importer, &weight);
	assert_ptr_equal(a->priv, &pins);
	assert_true(a->peer2peer);
	dma_resv_lock(buf->resv, NULL);
	assert_int_equal(dma_buf_pin(a), 0);
	assert_int_equal(pins, 1);
	dma_buf_invalidate_mappings(buf);
	assert_int_equal(told, 6);
	dma_buf_unpin(a);
	dma_resv_unlock(buf->resv);
	assert_int_equal(warnings_of(dma_buf_invalidate_mappings(buf)), 1);
	dma_buf_detach(buf, a);
	dma_buf_detach(buf, b);
	assert_int_equal(uik_fd_close(fd), 0);
	assert_int_equal(released, 0);
	dma_buf_put(buf);
	assert_int_equal(released, 1);
	assert_int_equal(pins, 0);
	machine_end(m);
}

/* Law: errors are the exporter's, the descriptor's, or memory's. */
static void errors(void **state)
{
	struct dma_buf_export_info info = { .ops = &ops, .size = 1 };
	struct kit_machine m = machine_with(NULL);
	struct dma_buf *buf;
	int fd, n;

	assert_int_equal(PTR_ERR(dma_buf_get(-1)), -EBADF);
	assert_int_equal(PTR_ERR(dma_buf_get(1000)), -EBADF);
	fd = open("/dev/null", O_RDONLY);
	assert_int_equal(PTR_ERR(dma_buf_get(fd)), -EINVAL);
	close(fd);
	for (n = 1; n <= 2; n++) {
		uik_fail_nth(n, 1u << UIK_FAIL_ALLOC, false);
		assert_int_equal(PTR_ERR(dma_buf_export(&info)), -ENOMEM);
	}
	uik_fail_nth(0, 0, false);
	fd = export();
	buf = dma_buf_get(fd);
	refuse = -EPERM;
	assert_int_equal(PTR_ERR(dma_buf_dynamic_attach(buf, NULL, NULL, NULL)),
			 -EPERM);
	refuse = 0;
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(PTR_ERR(dma_buf_dynamic_attach(buf, NULL, NULL, NULL)),
			 -ENOMEM);
	uik_fail_nth(0, 0, false);
	dma_buf_put(buf);
	uik_fd_close(fd);
	machine_end(m);
}

static struct vm_area_struct *mapped;

static int on_mmap(struct dma_buf *buf, struct vm_area_struct *vma)
{
	mapped = vma;
	return -ENODEV;
}

static void on_detach(struct dma_buf *buf, struct dma_buf_attachment *att)
{
	told += 100;
}

/* Law: what an exporter or importer does not have is not asked. */
static void without_ops(void **state)
{
	static const struct dma_buf_ops least = { .release = on_buf_release };
	static const struct dma_buf_ops nothing = { .pin = on_pin };
	static const struct dma_buf_attach_ops deaf = {};
	struct dma_buf_export_info info = { .ops = &least, .size = 1 };
	struct kit_machine m = machine_with(NULL);
	struct dma_buf_attachment *a, *b;
	struct dma_buf *buf = dma_buf_export(&info);

	pins = told = released = 0;
	a = dma_buf_dynamic_attach(buf, NULL, NULL, NULL);
	b = dma_buf_dynamic_attach(buf, NULL, &deaf, NULL);
	assert_false(a->peer2peer | b->peer2peer);
	dma_resv_lock(buf->resv, NULL);
	assert_int_equal(dma_buf_pin(a), 0);
	dma_buf_invalidate_mappings(buf);
	dma_buf_unpin(a);
	dma_resv_unlock(buf->resv);
	assert_int_equal(buf->file->f_op->mmap(buf->file, NULL), -EINVAL);
	/* The lock is the exporter's business: without it they warn, and do. */
	assert_int_equal(warnings_of(assert_int_equal(dma_buf_pin(a), 0)), 1);
	assert_int_equal(warnings_of(dma_buf_unpin(a)), 1);
	dma_buf_detach(buf, a);
	assert_int_equal(warnings_of(dma_buf_put(buf)), 1);
	assert_int_equal(told, 0);
	assert_int_equal(released, 1);
	kfree(b);
	info.ops = NULL;
	assert_int_equal(warnings_of(assert_int_equal(
		PTR_ERR(dma_buf_export(&info)), -EINVAL)), 1);
	info.ops = &nothing;
	assert_int_equal(warnings_of(assert_int_equal(
		PTR_ERR(dma_buf_export(&info)), -EINVAL)), 1);
	machine_end(m);
}

/* Law: a buffer may bring its lock, and is asked what it can do. */
static void with_ops(void **state)
{
	static const struct dma_buf_ops all = {
		.detach = on_detach, .mmap = on_mmap, .release = on_buf_release,
	};
	struct dma_buf_export_info info = { .ops = &all, .size = 1 };
	struct kit_machine m = machine_with(NULL);
	struct dma_buf_attachment *att;
	struct vm_area_struct vma;
	struct dma_buf *buf;
	struct dma_resv resv;
	int fd;

	told = 0;
	dma_resv_init(&resv);
	info.resv = &resv;
	buf = dma_buf_export(&info);
	assert_ptr_equal(buf->resv, &resv);
	att = dma_buf_dynamic_attach(buf, NULL, NULL, NULL);
	assert_int_equal(buf->file->f_op->mmap(buf->file, &vma), -ENODEV);
	assert_ptr_equal(mapped, &vma);
	dma_buf_detach(buf, att);
	assert_int_equal(told, 100);
	uik_fail_nth(1, UIK_FAIL_ANY, false);
	fd = dma_buf_fd(buf, 0);
	uik_fail_nth(0, 0, false);
	if (fd >= 0)
		uik_fd_close(fd);
	else
		dma_buf_put(buf);
	dma_resv_lock(&resv, NULL);	/* still the exporter's */
	dma_resv_unlock(&resv);
	dma_resv_fini(&resv);
	machine_end(m);
}

static const struct file_operations others = {};

/* Law: a file that is no buffer is refused, and kept. */
static void no_buffer(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct file *file = anon_inode_getfile("other", &others, NULL, 0);
	int fd = get_unused_fd_flags(0);

	fd_install(fd, file);
	assert_int_equal(PTR_ERR(dma_buf_get(fd)), -EINVAL);
	assert_int_equal(uik_fd_close(fd), 0);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life),
		cmocka_unit_test(errors),
		cmocka_unit_test(without_ops),
		cmocka_unit_test(with_ops),
		cmocka_unit_test(no_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
