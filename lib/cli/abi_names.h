/* SPDX-License-Identifier: MIT */
/* The names in a C header: what there is to ask a compiler about. */
#ifndef CLI_ABI_NAMES_H
#define CLI_ABI_NAMES_H

#include <glib.h>

/*
 * Each is an array of owned strings in the order of the text.
 *   structs   "struct iommu_destroy"
 *   members   "struct iommu_destroy.id"; members of anonymous parts stand
 *             beside the others, those of named parts have their name before
 *   numbers   enumerators, and macros without arguments that have a value
 */
struct abi_names {
	GPtrArray *structs;
	GPtrArray *members;
	GPtrArray *numbers;
};

/** abi_names_parse - the names of the text of a header. */
struct abi_names *abi_names_parse(const char *text);
void abi_names_free(struct abi_names *names);
typedef struct abi_names abi_names;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(abi_names, abi_names_free)

#endif
