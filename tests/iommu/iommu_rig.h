/* SPDX-License-Identifier: MIT */
/*
 * A scripted IOMMU driver for tests of lib/iommu: it notes every call it gets
 * and fails the one it is told to.
 *
 * Notes, separated by blanks: "name:device:new<old" for a switch (device is its
 * letter, domains theirs, - for none), with pasid "name:device@pasid:new<old".
 */
#ifndef IOMMU_RIG_H
#define IOMMU_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <iommu-priv.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/slab.h>
#include <uik/machine.h>
#include <uik/task.h>
#include <uik/warn.h>

struct rig_domain {
	struct iommu_domain domain;
	char letter;
};

struct rig_dev {
	struct device dev;
	char letter;
	struct iommu_group *join;	/* the group it wants; NULL: its own */
	bool direct;			/* it has a direct region */
	struct iommu_page_response last_response;
	unsigned int responses;
};

struct rig {
	struct uik_machine *machine;
	struct uik_machine *previous;
	struct iommu_device iommu;
	char notes[1024];
	/* Countdown: the nth switch fails with error; 0: none does. */
	unsigned int fail_at;
	int error;
	void (*on_switch)(void);	/* called in the middle of one */
	struct rig_domain domain[3];	/* letters A, B, C */
};

extern struct rig rig;
extern const struct iommu_ops rig_ops, rig_other_ops;
extern struct iommu_domain rig_blocked, rig_identity;

int rig_setup(void **state);
/* Checks that the machine has nothing left. */
int rig_teardown(void **state);

/*
 * A device @letter; in @join's group, or one of its own.  @pasid_bits < 0: it
 * has no PASIDs.
 */
struct rig_dev *rig_dev_add(char letter, struct rig_dev *join, int pasid_bits);
void rig_dev_del(struct rig_dev *rdev);

/* The notes since the last call. */
const char *rig_notes(void);

/* What was recorded as dirty: "first+bytes " each, in hexadecimal. */
extern char rig_recorded[2048];

static inline struct iommu_domain *rig_domain(char letter)
{
	return &rig.domain[letter - 'A'].domain;
}

#define expect_notes(text) assert_string_equal(rig_notes(), (text))

#endif
