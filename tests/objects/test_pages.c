// SPDX-License-Identifier: MIT
/* Pinning and paying: spec/40 section 11. */
#include "ioas_rig.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <uik/mm.h>
#include <unistd.h>

/* ---- someone who has to pay ---- */

struct payer {
	struct task_struct *task;
	struct task_struct *before;
	struct user_struct *user;
	struct user_struct *user_before;
	u64 pinned_before;
	unsigned long locked_before;
};

/* Makes a task without privileges and @limit pages current. */
static void payer_begin(struct payer *payer, u32 uid, u64 limit)
{
	struct task_struct *task = uik_task_new("payer");

	assert_non_null(task);
	task->capabilities = UIK_CAP_ALL & ~(1ull << UIK_CAP_IPC_LOCK);
	task->group_leader = task;
	task->rlimit_memlock_bytes = limit * PAGE_SIZE + 4095;
	payer->user = uik_user_of(uid);
	assert_non_null(payer->user);
	payer->user_before = task->user;
	task->user = payer->user;
	payer->task = task;
	payer->pinned_before = atomic64_read(&task->mm->pinned_vm);
	payer->locked_before = task->mm->locked_vm;
	task->machine = current->machine;
	payer->before = uik_task_switch(task);
}

static void payer_end(struct payer *payer)
{
	struct task_struct *task = payer->task;

	task->machine = NULL;
	uik_task_switch(payer->before);
	task->user = payer->user_before;
	uik_user_put(payer->user);
	uik_task_put(task);
}

static long charged(const struct payer *payer)
{
	return payer->user->locked_vm_pages;
}

static long pinned(const struct payer *payer)
{
	return atomic64_read(&payer->task->mm->pinned_vm) -
	       payer->pinned_before;
}

static u32 open_mm_mode(struct rig *rig)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd), .option_id = IOMMU_OPTION_RLIMIT_MODE,
		.op = IOMMU_OPTION_OP_SET, .val64 = 1,
	};

	assert_int_equal(rig_ioctl(rig, IOMMU_OPTION, &cmd), 0);
	return rig_ioas(rig);
}

/* ---- who pays how much ---- */

/* The worked example: limit 16 pages, the user pays. */
static void test_user_limit(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig), none = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful), *toy2 = toy_new(~0xffful);
	char *at = memory(20 * PAGE_SIZE);
	struct payer payer;
	u64 iova = 0x100000;

	payer_begin(&payer, 4001, 16);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, other),
					 &toy2->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 17 * PAGE_SIZE, 0),
			 -ENOMEM);
	assert_int_equal(toy->count, 0);
	assert_true(charged(&payer) == 0 && pinned(&payer) == 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 16 * PAGE_SIZE, 0), 0);
	assert_true(charged(&payer) == 16 && pinned(&payer) == 16);
	assert_int_equal(ioas_map_at(rig, ioas, at, PAGE_SIZE, 0x80000),
			 -ENOMEM);
	/* A copy costs nothing. */
	assert_int_equal(ioas_copy(rig, other, ioas, MAP_FIXED_RW, 0,
				   16 * PAGE_SIZE, &iova), 0);
	assert_true(charged(&payer) == 16);
	/* Nor does a mapping without domain. */
	assert_int_equal(ioas_map_at(rig, none, at, 20 * PAGE_SIZE, 0), 0);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(charged(&payer) == 16);
	assert_int_equal(ioas_unmap_all(rig, other), 0);
	assert_true(charged(&payer) == 0 && pinned(&payer) == 0);
	/* 4 pages, of which 2 are copied within the IOAS. */
	assert_int_equal(ioas_map_at(rig, ioas, at, 4 * PAGE_SIZE, 0), 0);
	iova = 0x100000;
	assert_int_equal(ioas_copy(rig, ioas, ioas, MAP_FIXED_RW, PAGE_SIZE,
				   2 * PAGE_SIZE, &iova), 0);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0, 4 * PAGE_SIZE), 0);
	assert_true(charged(&payer) == 2);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	assert_true(charged(&payer) == 0);
	iopt_remove_domain(iopt_of(rig, other), &toy2->table.domain);
	payer_end(&payer);
}

/* The process pays. */
static void test_mm_limit(void **state)
{
	struct rig *rig = *state;
	u32 ioas = open_mm_mode(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(8 * PAGE_SIZE);
	struct payer payer;
	unsigned long *locked;

	payer_begin(&payer, 4002, 4);
	locked = &payer.task->mm->locked_vm;
	*locked += 1;			/* of somebody else */
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 4 * PAGE_SIZE, 0),
			 -ENOMEM);
	assert_int_equal(ioas_map_at(rig, ioas, at, 3 * PAGE_SIZE, 0), 0);
	assert_true(*locked == payer.locked_before + 4);
	assert_true(charged(&payer) == 0 && pinned(&payer) == 3);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(*locked == payer.locked_before + 1 && pinned(&payer) == 0);
	*locked -= 1;
	iopt_remove_domain(iopt, &toy->table.domain);
	payer_end(&payer);
}

/* Nobody pays, but it is counted what is pinned. */
static void test_privileged(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(4 * PAGE_SIZE);
	struct payer payer;

	payer_begin(&payer, 4003, 0);
	current->capabilities = UIK_CAP_ALL;
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 4 * PAGE_SIZE, 0), 0);
	assert_true(charged(&payer) == 0 && pinned(&payer) == 4);
	/* The mode was chosen when it was mapped. */
	current->capabilities = 0;
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	assert_true(pinned(&payer) == 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_true(charged(&payer) == 0 && pinned(&payer) == 4);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	payer_end(&payer);
}

/* Errors of pinning and of the domain win over the limit. */
static void test_limit_comes_last(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(4 * PAGE_SIZE);
	struct payer payer;

	payer_begin(&payer, 4004, 1);
	assert_int_equal(munmap(at + 3 * PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 4 * PAGE_SIZE, 0),
			 -EFAULT);
	toy->fail_after = 1;
	toy->fail_with = -EIO;
	assert_int_equal(ioas_map_at(rig, ioas, at, 2 * PAGE_SIZE, 0), -EIO);
	assert_int_equal(ioas_map_at(rig, ioas, at, 2 * PAGE_SIZE, 0),
			 -ENOMEM);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	payer_end(&payer);
}

/* A domain is charged area by area; the first that fails undoes all. */
static void test_domain_add_over_limit(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(4 * PAGE_SIZE);
	struct payer payer;

	payer_begin(&payer, 4005, 3);
	assert_int_equal(ioas_map_at(rig, ioas, at, 2 * PAGE_SIZE, 0), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at + 2 * PAGE_SIZE,
				     2 * PAGE_SIZE, 0x10000), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), -ENOMEM);
	assert_true(charged(&payer) == 0 && pinned(&payer) == 0);
	assert_int_equal(toy->count, 0);
	payer_end(&payer);
}

/* ---- pages and their users ---- */

#define MODEL_PAGES 32
#define MODEL_USERS 24

/* Pages counted one by one. */
struct count_model {
	struct pages_user user[MODEL_USERS];
	bool in[MODEL_USERS];
	unsigned int cover[MODEL_PAGES];
};

static unsigned long model_pinned(const struct count_model *model)
{
	unsigned long count = 0;

	for (int i = 0; i < MODEL_PAGES; i++)
		count += model->cover[i] != 0;
	return count;
}

static void model_toggle(struct count_model *model, struct pages *pages,
			 u64 *seed)
{
	unsigned int which = random_below(seed, MODEL_USERS);
	struct pages_user *user = &model->user[which];

	if (model->in[which]) {
		pages_remove_user(pages, user);
	} else {
		user->interval.start = random_below(seed, MODEL_PAGES);
		user->interval.last = user->interval.start +
			random_below(seed, MODEL_PAGES - user->interval.start);
		assert_int_equal(pages_add_user(pages, user), 0);
	}
	for (unsigned long i = user->interval.start;
	     i <= user->interval.last; i++)
		model->cover[i] += model->in[which] ? -1 : 1;
	model->in[which] = !model->in[which];
}

/* B64, B65.  Each page is pinned once, however its users overlap. */
static void test_users_against_model(void **state)
{
	static struct count_model model;
	struct rig *rig = *state;
	char *at = memory(MODEL_PAGES * PAGE_SIZE);
	struct pages *pages = pages_new_user(rig_ctx(rig), (uintptr_t)at,
					     MODEL_PAGES * PAGE_SIZE, true);
	u64 seed = 11;

	assert_false(IS_ERR(pages));
	memset(&model, 0, sizeof(model));
	mutex_lock(&pages->lock);
	for (int i = 0; i < 4000; i++) {
		model_toggle(&model, pages, &seed);
		assert_true(pages->pinned == model_pinned(&model));
		assert_int_equal(pages_settle(pages), 0);
		for (int j = 0; j < MODEL_PAGES; j++)
			assert_true(pages_covered(pages, j) ==
				    (model.cover[j] != 0));
	}
	for (int i = 0; i < MODEL_USERS; i++)
		if (model.in[i])
			pages_remove_user(pages, &model.user[i]);
	assert_true(!pages->pinned);
	assert_int_equal(pages_settle(pages), 0);
	mutex_unlock(&pages->lock);
	pages_put(pages);
}

/* Only what nobody covers yet is looked at again. */
static void test_pinned_is_not_pinned_again(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful), *toy2 = toy_new(~0xffful);
	char *at = memory(4 * PAGE_SIZE);
	u64 iova = 0;

	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 4 * PAGE_SIZE, 0), 0);
	assert_int_equal(ioas_copy(rig, other, ioas, MAP_FIXED_RW, 0,
				   2 * PAGE_SIZE, &iova), 0);
	/* A new pin would fail now; the pages are pinned. */
	assert_int_equal(mprotect(at, 4 * PAGE_SIZE, PROT_NONE), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, other),
					 &toy2->table.domain), 0);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(toy_phys(toy2, 0x1000) == (uintptr_t)at + 0x1000);
	iopt_remove_domain(iopt_of(rig, other), &toy2->table.domain);
	assert_int_equal(iopt_add_domain(iopt_of(rig, other),
					 &toy2->table.domain), -EFAULT);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
}

/* ---- files ---- */

static int map_file_pinned(struct rig *rig, u32 ioas, int fd, u64 start,
			   u64 length)
{
	u64 iova = 0x40000000;
	int ret = ioas_map_file(rig, ioas, MAP_FIXED_RW, fd, start, length,
				&iova);

	if (!ret)
		assert_int_equal(ioas_unmap_at(rig, ioas, iova, length), 0);
	return ret;
}

static void test_files(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0x3ul);
	int fd = memory_file(5000), plain;
	u64 iova = 0x40000000;
	char *view, byte = 0;

	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	/* What is pinned is whole pages, and must lie inside of the file. */
	assert_int_equal(map_file_pinned(rig, ioas, fd, 0, 4096), 0);
	assert_int_equal(map_file_pinned(rig, ioas, fd, 0, 4100), -EINVAL);
	assert_int_equal(map_file_pinned(rig, ioas, fd, 0, 8192), -EINVAL);
	assert_int_equal(map_file_pinned(rig, ioas, fd, 4092, 4), 0);
	/* Not in memory. */
	plain = open("/proc/self/cmdline", O_RDONLY);
	assert_true(plain >= 0);
	assert_int_equal(map_file_pinned(rig, ioas, plain, 0, 4096), -EINVAL);
	close(plain);
	/* Closed afterwards: the mapping keeps the file. */
	fd = memfd_create("short", 0);
	assert_int_equal(ftruncate(fd, 8192), 0);
	view = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(view != MAP_FAILED);
	assert_int_equal(ioas_map_file(rig, ioas, MAP_FIXED_RW, fd, 0x400,
				       0x1000, &iova), 0);
	close(fd);
	assert_true(pages_pin_count((uintptr_t)view) == 1);
	assert_true(pages_pin_count((uintptr_t)view + 0x1000) == 1);
	view[0x1399] = 'x';
	assert_int_equal(uik_phys_read(rig->machine,
				       toy_phys(toy, iova + 0xf99), &byte, 1),
			 0);
	assert_int_equal(byte, 'x');
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(!pages_pin_count((uintptr_t)view));
	munmap(view, 8192);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
}

/* ---- other processes ---- */

static pid_t child_begin(void)
{
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	assert_true(pid > 0);
	return pid;
}

static void child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Works on the memory of the process that mapped it, while it exists. */
static void test_foreign(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(4 * PAGE_SIZE);
	struct mm_struct *own = current->mm, *foreign;
	unsigned long iova = 0;
	pid_t pid;

	memset(at, 1, 4 * PAGE_SIZE);
	pid = child_begin();
	foreign = uik_mm_foreign(pid);
	assert_non_null(foreign);
	/* The command itself is in our memory, so call what is below it. */
	current->mm = foreign;
	assert_int_equal(iopt_map_user(rig_ctx(rig), iopt_of(rig, ioas),
				       (uintptr_t)at, 4 * PAGE_SIZE,
				       IOMMU_READ | IOMMU_WRITE, true, &iova),
			 0);
	current->mm = own;
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_true(toy_phys(toy, 0) >= 1ull << 48);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	child_end(pid);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), -EFAULT);
	uik_mm_put(foreign);
}

static void test_memory_limit(void **state)
{
	assert_int_equal(pages_set_memory_limit(11), -EINVAL);
	assert_int_equal(pages_set_memory_limit(12), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_user_limit),
		IOAS_TEST(test_mm_limit),
		IOAS_TEST(test_privileged),
		IOAS_TEST(test_limit_comes_last),
		IOAS_TEST(test_domain_add_over_limit),
		IOAS_TEST(test_users_against_model),
		IOAS_TEST(test_pinned_is_not_pinned_again),
		IOAS_TEST(test_files),
		IOAS_TEST(test_foreign),
		IOAS_TEST(test_memory_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
