// SPDX-License-Identifier: MIT
/* IOMMU_IOAS_CHANGE_PROCESS: spec/40 section 15. */
#include "ioas_rig.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <uik/mm.h>
#include <unistd.h>

static int change(struct rig *rig)
{
	struct iommu_ioas_change_process cmd = { .size = sizeof(cmd) };

	return rig_ioctl(rig, IOMMU_IOAS_CHANGE_PROCESS, &cmd);
}

/* Somebody else: another user, without privileges, with a limit. */
struct other {
	struct task_struct *task;
	struct task_struct *before;
	struct user_struct *user;
	struct user_struct *user_before;
};

static void become(struct other *other, u32 uid, u64 limit)
{
	struct task_struct *task = uik_task_new("other");

	assert_non_null(task);
	task->capabilities = UIK_CAP_ALL & ~(1ull << UIK_CAP_IPC_LOCK);
	task->group_leader = task;
	task->rlimit_memlock_bytes = limit * PAGE_SIZE;
	other->user = uik_user_of(uid);
	other->user_before = task->user;
	task->user = other->user;
	task->machine = current->machine;
	other->task = task;
	other->before = uik_task_switch(task);
}

static void step_back(struct other *other)
{
	uik_task_switch(other->before);
}

static void forget(struct other *other)
{
	other->task->machine = NULL;
	other->task->user = other->user_before;
	uik_user_put(other->user);
	uik_task_put(other->task);
}

static void map_pinned(struct rig *rig, u32 ioas, int fd, u64 npages, u64 iova)
{
	assert_int_equal(ioas_map_file(rig, ioas, MAP_FIXED_RW, fd, 0,
				       npages * PAGE_SIZE, &iova), 0);
}

/* As if the 4 pages at 0 had been mapped by another process. */
static void give_to(struct iopt *iopt, struct other *other,
		    struct mm_struct *mm)
{
	struct pages_owner owner = { mm, other->task, other->user };

	pages_set_owner(iopt_area_at(iopt, 0)->pages, &owner);
	atomic64_sub(4, &current->mm->pinned_vm);
}

static void test_errnos(void **state)
{
	struct rig *rig = *state;
	struct iommu_ioas_change_process cmd = {
		.size = sizeof(cmd), .__reserved = 1,
	};
	u32 ioas;

	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_CHANGE_PROCESS, &cmd),
			 -EOPNOTSUPP);
	/* Nothing to move is fine. */
	assert_int_equal(change(rig), 0);
	rig_ioas(rig);
	ioas = rig_ioas(rig);
	assert_int_equal(change(rig), 0);
	/* Memory of the process itself cannot move. */
	map_pinned(rig, ioas, memory_file(PAGE_SIZE), 1, 0);
	assert_int_equal(change(rig), 0);
	assert_int_equal(ioas_map_at(rig, ioas, memory(PAGE_SIZE), PAGE_SIZE,
				     0x10000), 0);
	assert_int_equal(change(rig), -EINVAL);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10000, PAGE_SIZE), 0);
	assert_int_equal(change(rig), 0);
}

/*
 * The same user in the same process pays nothing; another user pays for each
 * struct pages once, and the old one has it back.
 */
static void test_moves_charge(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), copies = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful), *toy2 = toy_new(~0xffful);
	struct other first, second;
	int fd = memory_file(8 * PAGE_SIZE);
	u64 iova = 0, before = atomic64_read(&current->mm->pinned_vm);

	become(&first, 5001, 16);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	assert_int_equal(iopt_add_domain(iopt_of(rig, copies),
					 &toy2->table.domain), 0);
	map_pinned(rig, ioas, fd, 8, 0);
	map_pinned(rig, ioas, fd, 4, 0x100000);
	assert_int_equal(ioas_copy(rig, copies, ioas, MAP_FIXED_RW, 0,
				   8 * PAGE_SIZE, &iova), 0);
	assert_true(first.user->locked_vm_pages == 12);
	assert_int_equal(change(rig), 0);
	assert_true(first.user->locked_vm_pages == 12);
	step_back(&first);
	/* Too little room: nothing has changed. */
	become(&second, 5002, 11);
	assert_int_equal(change(rig), -ENOMEM);
	assert_true(first.user->locked_vm_pages == 12);
	assert_true(second.user->locked_vm_pages == 0);
	second.task->rlimit_memlock_bytes = 12 * PAGE_SIZE;
	assert_int_equal(change(rig), 0);
	assert_true(first.user->locked_vm_pages == 0);
	assert_true(second.user->locked_vm_pages == 12);
	assert_true(atomic64_read(&current->mm->pinned_vm) - before == 12);
	/* What is unpinned later is the new one's. */
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x100000, 4 * PAGE_SIZE), 0);
	assert_true(second.user->locked_vm_pages == 8);
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	assert_true(second.user->locked_vm_pages == 8);
	iopt_remove_domain(iopt_of(rig, copies), &toy2->table.domain);
	assert_true(second.user->locked_vm_pages == 0);
	assert_true(atomic64_read(&current->mm->pinned_vm) - before == 0);
	step_back(&second);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(ioas_unmap_all(rig, copies), 0);
	forget(&first);
	forget(&second);
}

/* Another process of one user needs room twice for a moment. */
static void test_same_user_other_process(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct toy *toy = toy_new(~0xffful);
	struct other other;
	struct mm_struct *foreign;
	pid_t pid = fork();

	if (!pid) {
		pause();
		_exit(0);
	}
	become(&other, 5003, 7);
	assert_int_equal(iopt_add_domain(iopt_of(rig, ioas),
					 &toy->table.domain), 0);
	map_pinned(rig, ioas, memory_file(4 * PAGE_SIZE), 4, 0);
	foreign = uik_mm_foreign(pid);
	assert_non_null(foreign);
	give_to(iopt_of(rig, ioas), &other, foreign);
	atomic64_add(4, &foreign->pinned_vm);
	assert_int_equal(change(rig), -ENOMEM);
	assert_true(other.user->locked_vm_pages == 4);
	other.task->rlimit_memlock_bytes = 8 * PAGE_SIZE;
	assert_int_equal(change(rig), 0);
	assert_true(other.user->locked_vm_pages == 4);
	assert_true(!atomic64_read(&foreign->pinned_vm));
	iopt_remove_domain(iopt_of(rig, ioas), &toy->table.domain);
	assert_true(other.user->locked_vm_pages == 0);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	step_back(&other);
	forget(&other);
	uik_mm_put(foreign);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/*
 * The old process is gone and was charged itself: the pages move, with a
 * warning and an error, and the new one never gets back what it paid.
 */
static void test_old_process_gone(void **state)
{
	struct rig *rig = *state;
	struct iommu_option mode = {
		.size = sizeof(mode), .option_id = IOMMU_OPTION_RLIMIT_MODE,
		.op = IOMMU_OPTION_OP_SET, .val64 = 1,
	};
	struct mm_struct *foreign, *own = current->mm;
	struct toy *toy = toy_new(~0xffful);
	unsigned long locked = own->locked_vm;
	struct other other;
	struct iopt *iopt;
	pid_t pid = fork();
	u32 ioas;

	if (!pid) {
		pause();
		_exit(0);
	}
	assert_int_equal(rig_ioctl(rig, IOMMU_OPTION, &mode), 0);
	ioas = rig_ioas(rig);
	iopt = iopt_of(rig, ioas);
	become(&other, 5004, 8);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	map_pinned(rig, ioas, memory_file(4 * PAGE_SIZE), 4, 0);
	foreign = uik_mm_foreign(pid);
	give_to(iopt, &other, foreign);
	own->locked_vm -= 4;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	uik_warn_expect_begin();
	assert_int_equal(change(rig), -EINVAL);
	assert_true(uik_warn_expect_end() == 1);
	assert_ptr_equal(iopt_area_at(iopt, 0)->pages->mm, own);
	assert_true(own->locked_vm == locked + 4);
	iopt_remove_domain(iopt, &toy->table.domain);
	assert_true(own->locked_vm == locked + 4);
	own->locked_vm = locked;
	atomic64_sub(4, &own->pinned_vm);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	step_back(&other);
	forget(&other);
	uik_mm_put(foreign);
}

/* ---- everybody is kept out, however many IOASes there are ---- */

struct race {
	struct rig *rig;
	u32 ioas[100];
	bool stop;
	unsigned long done;
};

static int race_map(void *arg)
{
	struct race *race = arg;
	struct uik_machine *before = uik_enter(race->rig->machine);
	int fd = memory_file(PAGE_SIZE);
	u64 seed = 1;

	while (!__atomic_load_n(&race->stop, __ATOMIC_RELAXED)) {
		u32 ioas = race->ioas[random_below(&seed, 100)];
		u64 iova = random_below(&seed, 16) * PAGE_SIZE;

		if (random_below(&seed, 2))
			ioas_map_file(race->rig, ioas, MAP_FIXED_RW, fd, 0,
				      PAGE_SIZE, &iova);
		else
			ioas_unmap_all(race->rig, ioas);
		race->done++;
	}
	uik_leave(before);
	return 0;
}

static void test_many_at_once(void **state)
{
	struct race race = { .rig = *state };
	struct uik_thread *thread;

	for (int i = 0; i < 100; i++)
		race.ioas[i] = rig_ioas(race.rig);
	thread = uik_thread_start(race_map, &race, "race");
	assert_non_null(thread);
	for (int i = 0; i < 200; i++)
		assert_int_equal(change(race.rig), 0);
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	assert_int_equal(uik_thread_join(thread), 0);
	for (int i = 0; i < 100; i++)
		iopt_check(iopt_of(race.rig, race.ioas[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_errnos),
		IOAS_TEST(test_moves_charge),
		IOAS_TEST(test_same_user_other_process),
		IOAS_TEST(test_old_process_gone),
		IOAS_TEST(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
