// SPDX-License-Identifier: MIT
/*
 * The test command: access files.
 *
 * A file owns an access and the items it has pinned.  The lock is held from
 * before a pin until its item is on the list: the unmap callback, which may
 * come at once, waits for it and so always finds what it has to unpin.
 *
 * Lock order: lock, then the access's own.  Callbacks come without the latter.
 */
#include "objects/selftest.h"

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uik/pin.h>
#include <uik/task.h>

#include "objects/access.h"
#include "objects/ioas.h"

#define ACCESS_BYTES_MAX (16ul << 20)

struct access_file {
	struct iommufd_access *access;	/* owned; NULL: not made */
	struct mutex lock;		/* items, next_id */
	struct list_head items;
	u32 next_id;			/* never reused */
};

struct access_item {
	struct list_head node;
	unsigned long iova;
	unsigned long length;
	u32 id;
};

/* ---- items ---- */

static void drop_item(struct access_file *file, struct access_item *item)
{
	lockdep_assert_held(&file->lock);
	iommufd_access_unpin_pages(file->access, item->iova, item->length);
	list_del(&item->node);
	kfree(item);
}

static void access_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct access_file *file = data;
	unsigned long last = iova + length - 1;
	struct access_item *item, *next;

	mutex_lock(&file->lock);
	list_for_each_entry_safe(item, next, &file->items, node)
		if (item->iova <= last &&
		    item->iova + item->length - 1 >= iova)
			drop_item(file, item);
	mutex_unlock(&file->lock);
}

static const struct iommufd_access_ops pin_ops = {
	.needs_pin_pages = 1,
	.unmap = access_unmap,
};

static const struct iommufd_access_ops rw_ops = {
	.unmap = access_unmap,
};

/* ---- files ---- */

/* Ends what a file has; the access may be missing. */
static void access_file_free(struct access_file *file)
{
	if (file->access) {
		/* All items, as if everything was unmapped. */
		access_unmap(file, 0, ULONG_MAX);
		iommufd_access_destroy(file->access);
	}
	mutex_destroy(&file->lock);
	kfree(file);
}

static int access_release(struct inode *inode, struct file *file)
{
	access_file_free(file->private_data);
	return 0;
}

static const struct file_operations access_fops = {
	.release = access_release,
};

/* A file of ours, counted. */
static struct file *get_file_of(int fd)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADFD);
	if (file->f_op == &access_fops && file->machine == uik_this_machine())
		return file;
	fput(file);
	return ERR_PTR(-EBADFD);
}

static struct file *access_file_new(void)
{
	struct access_file *self = kzalloc_obj(*self, GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!self)
		return ERR_PTR(-ENOMEM);
	mutex_init(&self->lock);
	INIT_LIST_HEAD(&self->items);
	file = anon_inode_getfile("[iommufd_test_staccess]", &access_fops,
				  self, O_RDWR);
	/* With a file its release is what frees it. */
	if (IS_ERR(file))
		access_file_free(self);
	return file;
}

static int make_access(struct iommufd_ucmd *ucmd, struct access_file *self,
		       u32 flags, u32 ioas_id)
{
	bool pins = flags & MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES;
	struct iommufd_access *access;
	u32 id;

	access = iommufd_access_create(ucmd->ictx, pins ? &pin_ops : &rw_ops,
				       self, &id);
	if (IS_ERR(access))
		return PTR_ERR(access);
	self->access = access;
	return iommufd_access_attach(access, ioas_id);
}

int selftest_create_access(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	u32 flags = cmd->create_access.flags;
	struct file *file;
	int fd, rc;

	if (flags & ~(u32)MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES)
		return -EOPNOTSUPP;
	file = access_file_new();
	if (IS_ERR(file))
		return PTR_ERR(file);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		rc = -ENOMEM;
		goto out_file;
	}
	rc = make_access(ucmd, file->private_data, flags, cmd->id);
	if (rc)
		goto out_fd;
	cmd->create_access.out_access_fd = fd;
	rc = selftest_respond(ucmd);
	if (rc)
		goto out_fd;
	fd_install(fd, file);
	return 0;

out_fd:
	put_unused_fd(fd);
out_file:
	__fput_sync(file);
	return rc;
}

int selftest_access_replace_ioas(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct file *file = get_file_of(cmd->id);
	struct access_file *self;
	int rc;

	if (IS_ERR(file))
		return PTR_ERR(file);
	self = file->private_data;
	rc = iommufd_access_replace(self->access,
				    cmd->access_replace_ioas.ioas_id);
	fput(file);
	return rc;
}

/* ---- pinning ---- */

static u64 syz_iova(struct iommufd_access *access, u64 code)
{
	u64 iova = 0;

	mutex_lock(&access->lock);
	if (access->ioas)
		iova = iopt_syz_iova(&access->ioas->iopt, code);
	mutex_unlock(&access->lock);
	return iova;
}

/* Whether the pinned pages are those that @uptr shows. */
static int check_pages(u64 uptr, struct page *const *pages, size_t npages)
{
	size_t i;

	for (i = 0; i < npages; i++, uptr += PAGE_SIZE) {
		if (uik_pin_user(current->mm, PAGE_ALIGN_DOWN(uptr), 1, false))
			return -EFAULT;
		if (!uik_page_same(page_to_pfn(pages[i]),
				   uik_user_pfn(current->mm, uptr)))
			return -EBADE;
	}
	return 0;
}

/* The lock is held from here until the pin is on the list or undone. */
static int pin_item_locked(struct iommufd_ucmd *ucmd, struct access_file *file,
			   struct access_item *item, struct page **pages,
			   size_t npages)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	unsigned int flags = cmd->access_pages.flags & MOCK_FLAGS_ACCESS_WRITE ?
				     IOMMUFD_ACCESS_RW_WRITE : 0;
	int rc;

	rc = iommufd_access_pin_pages(file->access, item->iova, item->length,
				      pages, flags);
	if (rc)
		return rc;
	if (cmd->access_pages.uptr)
		rc = check_pages(cmd->access_pages.uptr, pages, npages);
	if (!rc) {
		/* Used up even if the reply fails. */
		item->id = file->next_id++;
		cmd->access_pages.out_access_pages_id = item->id;
		rc = selftest_respond(ucmd);
	}
	if (rc) {
		iommufd_access_unpin_pages(file->access, item->iova,
					   item->length);
		return rc;
	}
	list_add_tail(&item->node, &file->items);
	return 0;
}

static int pin_item(struct iommufd_ucmd *ucmd, struct access_file *file,
		    u64 iova, u64 length)
{
	size_t npages = DIV_ROUND_UP(length, PAGE_SIZE);
	struct access_item *item;
	struct page **pages;
	int rc = -ENOMEM;

	/* Pages touched is one more when the range begins inside of one. */
	pages = kvcalloc(npages + 1, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	item = kzalloc_obj(*item, GFP_KERNEL_ACCOUNT);
	if (item) {
		item->iova = iova;
		item->length = length;
		mutex_lock(&file->lock);
		rc = pin_item_locked(ucmd, file, item, pages, npages);
		mutex_unlock(&file->lock);
		if (rc)
			kfree(item);
	}
	kvfree(pages);
	return rc;
}

int selftest_access_pages(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	u32 flags = cmd->access_pages.flags;
	u64 iova = cmd->access_pages.iova;
	struct access_file *self;
	struct file *file;
	int rc;

	if (cmd->access_pages.length > ACCESS_BYTES_MAX)
		return -ENOMEM;
	if (flags & ~(u32)(MOCK_FLAGS_ACCESS_WRITE | MOCK_FLAGS_ACCESS_SYZ))
		return -EOPNOTSUPP;
	file = get_file_of(cmd->id);
	if (IS_ERR(file))
		return PTR_ERR(file);
	self = file->private_data;
	if (self->access->ops != &pin_ops) {
		rc = -EOPNOTSUPP;
		goto out_put;
	}
	if (flags & MOCK_FLAGS_ACCESS_SYZ)
		iova = syz_iova(self->access, iova);
	rc = pin_item(ucmd, self, iova, cmd->access_pages.length);
out_put:
	fput(file);
	return rc;
}

int selftest_destroy_access_pages(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct file *file = get_file_of(cmd->id);
	struct access_file *self;
	struct access_item *item;
	int rc = -ENOENT;

	if (IS_ERR(file))
		return PTR_ERR(file);
	self = file->private_data;
	mutex_lock(&self->lock);
	list_for_each_entry(item, &self->items, node) {
		if (item->id != cmd->destroy_access_pages.access_pages_id)
			continue;
		drop_item(self, item);
		rc = 0;
		break;
	}
	mutex_unlock(&self->lock);
	fput(file);
	return rc;
}

/* ---- copying ---- */

static unsigned int rw_flags(u32 flags)
{
	return (flags & MOCK_ACCESS_RW_WRITE ? IOMMUFD_ACCESS_RW_WRITE : 0) |
	       (flags & MOCK_ACCESS_RW_SLOW_PATH ?
			__IOMMUFD_ACCESS_RW_SLOW_PATH : 0);
}

static int rw_buffer(struct iommu_test_cmd *cmd, struct access_file *file,
		     void *buffer)
{
	void __user *uptr = u64_to_user_ptr(cmd->access_rw.uptr);
	bool write = cmd->access_rw.flags & MOCK_ACCESS_RW_WRITE;
	size_t length = cmd->access_rw.length;
	u64 iova = cmd->access_rw.iova;
	int rc;

	if (write && copy_from_user(buffer, uptr, length))
		return -EFAULT;
	if (cmd->access_rw.flags & MOCK_FLAGS_ACCESS_SYZ)
		iova = syz_iova(file->access, iova);
	rc = iommufd_access_rw(file->access, iova, buffer, length,
			       rw_flags(cmd->access_rw.flags));
	if (!rc && !write && copy_to_user(uptr, buffer, length))
		rc = -EFAULT;
	return rc;
}

int selftest_access_rw(struct iommufd_ucmd *ucmd)
{
	const u32 known = MOCK_ACCESS_RW_WRITE | MOCK_ACCESS_RW_SLOW_PATH |
			  MOCK_FLAGS_ACCESS_SYZ;
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct file *file;
	void *buffer;
	int rc;

	if (cmd->access_rw.length > ACCESS_BYTES_MAX)
		return -ENOMEM;
	if (cmd->access_rw.flags & ~known)
		return -EOPNOTSUPP;
	file = get_file_of(cmd->id);
	if (IS_ERR(file))
		return PTR_ERR(file);
	buffer = kvzalloc(cmd->access_rw.length, GFP_KERNEL_ACCOUNT);
	rc = buffer ? rw_buffer(cmd, file->private_data, buffer) : -ENOMEM;
	kvfree(buffer);
	fput(file);
	return rc;
}
