// SPDX-License-Identifier: MIT
/*
 * Who pays for pinned memory when its owner changes.
 *
 * Facts: each struct pages is paid for once, however many areas have it, by one
 * owner at a time; who cannot pay gets nothing, and may try again.
 */
#include <linux/capability.h>
#include <sys/mman.h>
#include <uik/mm.h>
#include <uik/task.h>
#include <unistd.h>

#include "explore/rig.h"
#include "explore/scenarios.h"

#define FILE_PAGES 4u
#define FIRST_IOVA (RIG_IOVA + 16 * RIG_PAGE)
#define SECOND_IOVA (RIG_IOVA + 32 * RIG_PAGE)

struct payers {
	struct rig rig;
	struct user_struct *user[2];
};

/* The same for all runs: a descriptor of the system, like the memory. */
static int file_fd(void)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("pages", MFD_CLOEXEC);
		if (ftruncate(fd, FILE_PAGES * RIG_PAGE))
			return -1;
	}
	return fd;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct payers *payers = state;

	rig_begin(run, &payers->rig);
	/* What is a process's own cannot go to another. */
	HOLDS(!rig_unmap(payers->rig.fd, payers->rig.ioas, RIG_IOVA,
			 8 * RIG_PAGE));
	HOLDS(file_fd() >= 0);
	for (uint32_t i = 0; i < 2; i++)
		payers->user[i] = uik_user_of(0x7fff0000 + i);
	HOLDS(payers->user[0] && payers->user[1]);
}

/* From here on the caller is that user, who may pin so much. */
static void become(struct payers *payers, unsigned int who, uint64_t pages)
{
	struct task_struct *task = uik_current();

	task->user = payers->user[who];
	task->group_leader = task;
	task->capabilities &= ~(1ull << CAP_IPC_LOCK);
	task->rlimit_memlock_bytes = pages * RIG_PAGE;
}

static long map_file(const struct rig *rig, uint64_t iova)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = rig->ioas,
		.fd = file_fd(),
		.length = FILE_PAGES * RIG_PAGE,
		.iova = iova,
	};

	return rig_ioctl(rig->fd, IOMMU_IOAS_MAP_FILE, &cmd);
}

static long change_process(const struct rig *rig)
{
	struct iommu_ioas_change_process cmd = { .size = sizeof(cmd) };

	return rig_ioctl(rig->fd, IOMMU_IOAS_CHANGE_PROCESS, &cmd);
}

static void expect(struct uiommufd_run *run, const struct payers *payers,
		   int64_t first, int64_t second)
{
	HOLDS_IF_WELL(payers->user[0]->locked_vm_pages == first);
	HOLDS_IF_WELL(payers->user[1]->locked_vm_pages == second);
}

static void pay(struct uiommufd_run *run, struct payers *payers)
{
	const struct rig *rig = &payers->rig;

	become(payers, 0, FILE_PAGES - 1);
	WANT(map_file(rig, FIRST_IOVA), -ENOMEM);
	become(payers, 0, FILE_PAGES);
	WANT(map_file(rig, FIRST_IOVA), 0);
	/* One struct pages in two areas. */
	WANT(rig_copy(rig->fd, rig->ioas, SECOND_IOVA, rig->ioas, FIRST_IOVA,
		      FILE_PAGES * RIG_PAGE), 0);
	expect(run, payers, FILE_PAGES, 0);
	become(payers, 1, FILE_PAGES - 1);
	WANT(change_process(rig), -ENOMEM);
	expect(run, payers, FILE_PAGES, 0);
	become(payers, 1, FILE_PAGES);
	WANT(change_process(rig), 0);
	expect(run, payers, 0, FILE_PAGES);
	become(payers, 0, FILE_PAGES);
	WANT(change_process(rig), 0);
	WANT(change_process(rig), 0);
	expect(run, payers, FILE_PAGES, 0);
	WANT(rig_unmap(rig->fd, rig->ioas, FIRST_IOVA, FILE_PAGES * RIG_PAGE),
	     0);
	expect(run, payers, FILE_PAGES, 0);
	WANT(rig_unmap(rig->fd, rig->ioas, SECOND_IOVA, FILE_PAGES * RIG_PAGE),
	     0);
	expect(run, payers, 0, 0);
}

static void owners(struct uiommufd_run *run, void *state)
{
	struct task_struct *task = uik_current();
	struct task_struct *leader = task->group_leader;
	struct user_struct *user = task->user;

	pay(run, state);
	task->user = user;
	task->group_leader = leader;
}

static const struct uiommufd_scenario change = {
	.name = "account-change",
	.summary = "pinned memory goes from user to user, each step may fail",
	.setup = setup,
	.thread = { owners },
	.state_bytes = sizeof(struct payers),
	.failures = RIG_FAIL_ANY,
};

const struct uiommufd_scenario *const scenarios_account[] = { &change, NULL };
