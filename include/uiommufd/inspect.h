/* SPDX-License-Identifier: MIT */
/*
 * Looking into a context: its objects, who holds what, and what it costs.
 */
#ifndef UIOMMUFD_INSPECT_H
#define UIOMMUFD_INSPECT_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef UIOMMUFD_API
#define UIOMMUFD_API __attribute__((visibility("default")))
#endif

/**
 * uiommufd_graph - the object graph of a context as text.
 * @fd: of the context
 *
 * One line an object in the order of IDs: type, ID, counts, then what it holds
 * and what it has (areas of an IOAS one line each, indented).  Equal states
 * give equal texts.
 *
 * Context: any thread; others may change the context meanwhile, each object
 * is then shown as it was at some moment.
 * Return: the text, to be freed with free(); NULL with errno EBADF or ENOMEM.
 */
UIOMMUFD_API char *uiommufd_graph(int fd);

/**
 * uiommufd_graph_dot - the same for Graphviz: an edge for each claim.
 *
 * Context, Return: as uiommufd_graph().
 */
UIOMMUFD_API char *uiommufd_graph_dot(int fd);

/**
 * uiommufd_graph_json - the same for programs.
 *
 * An object with "objects" (id, type, users, wait, leaving, about, more, site,
 * stack) and "claims" (kind, held, holder or null, pasid, wait, site, stack).
 * Stacks are there when UIOMMUFD_DEBUG has the word refs.
 *
 * Context, Return: as uiommufd_graph().
 */
UIOMMUFD_API char *uiommufd_graph_json(int fd);

/**
 * uiommufd_graph_html - the same for people: one page with a drawing, stacks
 * on hovering, and a table.
 *
 * Context, Return: as uiommufd_graph().
 */
UIOMMUFD_API char *uiommufd_graph_html(int fd);

/**
 * uiommufd_graph_check - compare counts with who holds what.
 * @fd: of the context
 * @out: receives a line for each object whose counts are wrong; NULL: none
 *
 * Each users reference and each wait_cnt of an object is explained by an edge
 * of the graph, by its driver, an open event file or a mapping; what is too
 * much is a leak, what is too little will be a use after free.  On hardware
 * queues, vDEVICEs and vIOMMUs a driver may hold more than is known here.
 *
 * Context: nobody else is in the context, no command is running.
 * Return: how many are wrong; -1 with EBADF or ENOMEM.
 */
UIOMMUFD_API int uiommufd_graph_check(int fd, FILE *out);

/**
 * uiommufd_ids_check - look for IDs that are taken for nothing.
 * @fd: of the context
 * @out: receives a line for each such ID; NULL: none
 *
 * A new object reserves its ID before it is complete; then it is shown, or the
 * ID is given up.  One that nobody will do either to is lost until the
 * context ends.
 *
 * Context: nobody else is in the context, no command is running.
 * Return: how many there are; -1 with EBADF.
 */
UIOMMUFD_API int uiommufd_ids_check(int fd, FILE *out);

/**
 * uiommufd_tables_check - compare page tables with what is mapped.
 * @fd: of the context
 * @out: receives a line for each difference; NULL: none
 *
 * Every page table of an IOAS has the memory of each of its mappings, and
 * nothing beside them; what is pinned and charged is what somebody uses;
 * ranges are reserved for page tables and for devices that are attached; a
 * device is, for the IOMMU core too, where it is attached, and the doorbells are
 * there that it was told.  Of a long mapping some places are looked at.
 *
 * Context: nobody else is in the context, no command is running.
 * Return: how many differences there are; -1 with EBADF.
 */
UIOMMUFD_API int uiommufd_tables_check(int fd, FILE *out);

/**
 * uiommufd_explain - why an object cannot be destroyed, and what would help.
 * @fd: of the context; @id: the object
 *
 * Names everybody who needs the object, with the place where each claim was
 * taken (its whole stack when UIOMMUFD_DEBUG has the word refs), and the
 * shortest legal order of steps that ends in the object's destruction.
 *
 * Context: as uiommufd_graph().
 * Return: the text, to be freed with free(); NULL with errno EBADF, ENOENT (no
 * such object) or ENOMEM.
 */
UIOMMUFD_API char *uiommufd_explain(int fd, uint32_t id);

#ifdef __cplusplus
}
#endif

#endif
