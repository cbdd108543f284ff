// SPDX-License-Identifier: MIT
/*
 * The built-in policies, written as anybody would write one, and the names of
 * all.
 */
#include <errno.h>
#include <string.h>
#include <uiommufd/policy.h>

#define MAX_REGISTERED 16
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* As much of @list from @at on as can be reserved at a time. */
static struct uiommufd_lab_list part_of(const struct uiommufd_lab_list *list,
					unsigned int at)
{
	unsigned int left = list->count - at;
	bool last = left <= UIOMMUFD_LAB_MAX_RESERVE;

	return (struct uiommufd_lab_list){
		.commands = list->commands + at,
		.count = last ? left : UIOMMUFD_LAB_MAX_RESERVE,
		.sync = last && list->sync,
	};
}

static void issue_locked(struct uiommufd_lab_cpu *cpu,
			 const struct uiommufd_lab_list *list)
{
	const int queue = UIOMMUFD_LAB_SMMU;
	unsigned int at = 0;
	uint64_t end;

	uiommufd_lab_lock(cpu, queue);
	do {
		struct uiommufd_lab_list part = part_of(list, at);

		end = uiommufd_lab_write(cpu, queue,
					 uiommufd_lab_reserve(cpu, queue, &part),
					 &part);
		uiommufd_lab_publish(cpu, queue, end);
		at += part.count;
	} while (at < list->count);
	uiommufd_lab_unlock(cpu, queue);
	if (list->sync)
		uiommufd_lab_wait(cpu, queue, end);
}

static void issue_cmdlist(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	uiommufd_lab_insert(cpu, UIOMMUFD_LAB_SMMU, list);
}

static void issue_per_cpu(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	uiommufd_lab_insert(cpu, uiommufd_lab_cpu_in_owner(cpu), list);
}

static void issue_trapped(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	uiommufd_lab_trap(cpu, list);
}

/*
 * What the guest's queue may not issue goes the other way; the order is kept
 * by a CMD_SYNC wherever the way changes.
 */
static void issue_direct(struct uiommufd_lab_cpu *cpu,
			 const struct uiommufd_lab_list *list)
{
	unsigned int queue = uiommufd_lab_cpu_in_owner(cpu);
	unsigned int at = 0;

	do {
		bool direct = !list->count ||
			      uiommufd_lab_permits(cpu, queue,
						   list->commands[at]);
		unsigned int end = at;
		struct uiommufd_lab_list part;

		while (end < list->count &&
		       uiommufd_lab_permits(cpu, queue, list->commands[end]) ==
			       direct)
			end++;
		part = (struct uiommufd_lab_list){
			.commands = list->commands + at,
			.count = end - at,
			.sync = list->sync || end < list->count,
		};
		if (direct)
			uiommufd_lab_insert(cpu, queue, &part);
		else
			uiommufd_lab_trap(cpu, &part);
		at = end;
	} while (at < list->count);
}

static const struct uiommufd_lab_policy built_in[] = {
	{ "shared-lock", "host: one queue, a lock around its use", false,
	  issue_locked, 0 },
	{ "cmdlist", "host: one queue, slots by compare-and-swap", false,
	  issue_cmdlist, 0 },
	{ "per-cpu", "host: a queue for each CPU, as far as they go", false,
	  issue_per_cpu, 0 },
	{ "guest-direct", "guests: VCMDQs of their own", true, issue_direct, 0 },
	{ "guest-trapped", "guests: an emulated queue, cache_invalidate", true,
	  issue_trapped, 0 },
};

/* --- names ----------------------------------------------------------------*/

/* Registering is for program start: no lock, as with g_type_register. */
static const struct uiommufd_lab_policy *registered[MAX_REGISTERED];
static unsigned int registered_count;

const struct uiommufd_lab_policy *uiommufd_lab_policy_at(unsigned int index)
{
	if (index < COUNT(built_in))
		return &built_in[index];
	index -= COUNT(built_in);
	return index < registered_count ? registered[index] : NULL;
}

const struct uiommufd_lab_policy *uiommufd_lab_policy_find(const char *name)
{
	const struct uiommufd_lab_policy *policy;

	for (unsigned int i = 0; (policy = uiommufd_lab_policy_at(i)); i++)
		if (name && !strcmp(name, policy->name))
			return policy;
	return NULL;
}

static int refuse(int why)
{
	errno = why;
	return -1;
}

int uiommufd_lab_policy_register(const struct uiommufd_lab_policy *policy)
{
	if (!policy || !policy->name || !*policy->name || !policy->issue)
		return refuse(EINVAL);
	if (uiommufd_lab_policy_find(policy->name))
		return refuse(EEXIST);
	if (registered_count == MAX_REGISTERED)
		return refuse(ENOSPC);
	registered[registered_count++] = policy;
	return 0;
}

int uiommufd_lab_policy_unregister(const struct uiommufd_lab_policy *policy)
{
	for (unsigned int i = 0; i < registered_count; i++) {
		if (registered[i] != policy)
			continue;
		registered_count--;
		memmove(&registered[i], &registered[i + 1],
			(registered_count - i) * sizeof(registered[0]));
		return 0;
	}
	return refuse(ENOENT);
}
