/* SPDX-License-Identifier: MIT */
/* What tests of the laboratory share. */
#ifndef LAB_TEST_H
#define LAB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <uiommufd/lab.h>

static inline struct uiommufd_lab_profile *profile_of(const char *path)
{
	char *error = NULL;
	struct uiommufd_lab_profile *profile =
		uiommufd_lab_profile_load(path, &error);

	if (!profile)
		fail_msg("%s", error);
	return profile;
}

static inline struct uiommufd_lab_design design_of(const char *policy,
						   unsigned int cpus,
						   unsigned int queues)
{
	struct uiommufd_lab_design design;

	uiommufd_lab_design_init(&design);
	design.policy = policy;
	design.cpus = cpus;
	design.queues = queues;
	design.lists = 600;
	return design;
}

static inline struct uiommufd_lab_result *
run_of(const struct uiommufd_lab_profile *profile,
       const struct uiommufd_lab_design *design)
{
	char *error = NULL;
	struct uiommufd_lab_result *result =
		uiommufd_lab_run(profile, design, NULL, NULL, &error);

	if (!result)
		fail_msg("%s", error);
	return result;
}

#endif
