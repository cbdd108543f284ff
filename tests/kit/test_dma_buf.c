/* SPDX-License-Identifier: MIT */
/* Shared buffers. */
#include "kit_test.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(life),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
