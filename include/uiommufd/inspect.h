/* SPDX-License-Identifier: MIT */
/*
 * Looking into a context: its objects, who holds what, and what it costs.
 */
#ifndef UIOMMUFD_INSPECT_H
#define UIOMMUFD_INSPECT_H

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

#ifdef __cplusplus
}
#endif

#endif
