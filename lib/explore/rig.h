/* SPDX-License-Identifier: MIT */
/*
 * Short words for scenarios: one function a command, which gives 0 (or a
 * number) or -errno, and what a script expects of it.
 *
 * WANT repeats a call that has felt an injected failure; when that does not help
 * the script ends: nothing more is promised than that nothing is left behind.
 * Without an injected failure another result breaks the law "result".
 *
 * User memory is one region for the whole process, not restored between
 * executions: scripts write what they read.
 */
#ifndef EXPLORE_RIG_H
#define EXPLORE_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/client.h>
#include <uiommufd/explore.h>
#include <uiommufd/platform.h>

#define RIG_PAGE 4096ul
#define RIG_PAGES 32			/* of user memory that can be written */
#define RIG_IOVA 0x1000000ul		/* first of the mock's aperture */
#define RIG_ANY UINT32_MAX		/* an ID of nothing */

/* What most scenarios have: a context with the things named here, or 0. */
struct rig {
	int fd;
	int event_fd;
	uint32_t ioas;
	uint32_t stdev;			/* a mock device, */
	uint32_t dev;			/* its binding, */
	uint32_t hwpt;			/* where it is attached */
	uint32_t parent;		/* a nesting parent */
	uint32_t viommu;
	uint32_t vdevice;
	uint32_t queue;
	uint32_t fault;
	uint64_t offset;		/* of what the vIOMMU lets us map */
};

/*
 * For what several threads count.  Here one runs at a time; the scenarios also
 * run on real threads, under no schedule but the machine's.
 */
#define rig_count(counter, n) \
	((void)__atomic_fetch_add((counter), (n), __ATOMIC_RELAXED))

/* ---- memory ---- */

/* RIG_PAGES pages, then one that cannot be touched, then a read-only one. */
uint8_t *rig_memory(void);
/* @bytes bytes that end where memory ends. */
void *rig_edge(size_t bytes);
/* Nothing is there. */
#define RIG_BAD ((void *)0x10)
/* A page that can be read but not written. */
void *rig_read_only(void);

/* Everything that may fail without being noticed by others. */
#define RIG_FAIL_ANY (UIOMMUFD_FAIL_ANY | UIOMMUFD_FAIL_DRIVER)

/* ---- expectations ---- */

/*
 * True: differs, and a failure was injected; breaks the law if none was.
 * @felt: the call met an injected failure, and so did its repetition
 */
bool rig_differs(struct uiommufd_run *run, long got, long want, bool felt,
		 const char *call, const char *file, int line);
/* Whether a call that has met an injected failure is to be made once more. */
bool rig_again(struct uiommufd_run *run, long got, long want);
/* From here on results may differ, if @felt. */
void rig_excuse(struct uiommufd_run *run, bool felt);
/* The same with up to three results, all allowed; @c may repeat @b. */
bool rig_is_none(struct uiommufd_run *run, long got, long a, long b, long c,
		 const char *call, const char *file, int line);

/*
 * A call that an injected failure has met is made once more: it must have
 * left everything as it was, so that from here on all is as without failure.
 * Not so if it is the answer that could not be given, after all was done.
 */
#define WANT(call, want) \
	do { \
		uint32_t before_ = uiommufd_run_failures(run); \
		long got_ = (call); \
		bool felt_ = uiommufd_run_failures(run) != before_; \
		\
		if (felt_ && rig_again(run, got_, (want))) { \
			before_ = uiommufd_run_failures(run); \
			felt_ = got_ == -EFAULT; \
			got_ = (call); \
			felt_ |= uiommufd_run_failures(run) != before_; \
		} \
		if (rig_differs(run, got_, (want), felt_, #call, __FILE__, \
				__LINE__)) \
			return; \
	} while (0)
/* Where repeating would mean something else. */
#define WANT_ONCE(call, want) \
	do { \
		const uint32_t before_ = uiommufd_run_failures(run); \
		const long got_ = (call); \
		\
		rig_excuse(run, uiommufd_run_failures(run) != before_); \
		if (rig_differs(run, got_, (want), \
				uiommufd_run_failures(run) != before_, #call, \
				__FILE__, __LINE__)) \
			return; \
	} while (0)
#define WANT_ONE(call, a, b) WANT_OF(call, a, b, b)
#define WANT_OF(call, a, b, c) \
	do { \
		if (rig_is_none(run, (call), (a), (b), (c), #call, __FILE__, \
				__LINE__)) \
			return; \
	} while (0)
/* What must hold whatever failed. */
#define HOLDS(condition) uiommufd_run_expect(run, condition)
/* What must hold while nothing was made to fail. */
#define HOLDS_IF_WELL(condition) \
	uiommufd_run_expect(run, uiommufd_run_failures(run) || (condition))

/* ---- calls; 0 or -errno ---- */

/*
 * A pattern where the library's frames are going to be: a byte that it copies
 * out without having set it is not zero by luck.  Most calls below do it.
 */
void rig_dirty_stack(void);
long rig_ioctl(int fd, unsigned long request, void *cmd);
int rig_open(struct uiommufd_run *run);
int rig_destroy(int fd, uint32_t id);
int rig_ioas(int fd, uint32_t *id);
int rig_map_at(int fd, uint32_t ioas, const void *memory, uint64_t length,
	       uint64_t iova);
int rig_unmap(int fd, uint32_t ioas, uint64_t iova, uint64_t length);
int rig_copy(int fd, uint32_t dst, uint64_t to, uint32_t src, uint64_t from,
	     uint64_t length);
int rig_mock_device(int fd, uint32_t pt, uint32_t flags, uint32_t *stdev,
		    uint32_t *dev, uint32_t *hwpt);
int rig_mock_replace(int fd, uint32_t stdev, uint32_t pt);
int rig_pasid(int fd, uint32_t op, uint32_t stdev, uint32_t pasid, uint32_t pt);
int rig_hwpt(int fd, uint32_t dev, uint32_t pt, uint32_t flags, uint32_t *id);
int rig_hwpt_fault(int fd, uint32_t dev, uint32_t pt, uint32_t flags,
		   uint32_t fault, uint32_t *id);
int rig_nested(int fd, uint32_t dev, uint32_t pt, uint32_t *id);
int rig_nested_fault(int fd, uint32_t dev, uint32_t pt, uint32_t fault,
		     uint32_t *id);
int rig_viommu(int fd, uint32_t dev, uint32_t parent, uint32_t *id,
	       uint64_t *offset);
int rig_vdevice(int fd, uint32_t viommu, uint32_t dev, uint64_t virt_id,
		uint32_t *id);
int rig_veventq(int fd, uint32_t viommu, uint32_t depth, uint32_t *id,
		int *event_fd);
int rig_queue(int fd, uint32_t viommu, uint32_t index, uint64_t iova,
	      uint64_t length, uint32_t *id);
int rig_fault(int fd, uint32_t *id, int *event_fd);
int rig_trigger_fault(int fd, uint32_t dev, uint32_t pasid, uint32_t group);
int rig_trigger_event(int fd, uint32_t dev);
int rig_access(int fd, uint32_t ioas, bool pins, int *access_fd);
int rig_pin(int fd, int access_fd, uint64_t iova, uint64_t length,
	    uint32_t flags, uint32_t *id);
int rig_unpin(int fd, int access_fd, uint32_t id);
int rig_rw(int fd, int access_fd, uint64_t iova, void *buffer, uint64_t length,
	   uint32_t flags);
int rig_access_replace(int fd, int access_fd, uint32_t ioas);
int rig_check_map(int fd, uint32_t hwpt, uint64_t iova, const void *memory,
		  uint64_t length);
int rig_check_refs(int fd, const void *memory, uint64_t length, uint32_t refs);
int rig_dmabuf(int fd, uint32_t length, int *buf_fd);
int rig_map_file(int fd, uint32_t ioas, int buf_fd, uint64_t start,
		 uint64_t length, uint64_t iova);
int rig_revoke(int fd, int buf_fd);
/* Bytes, or -errno. */
long rig_read(int fd, void *buffer, size_t bytes);
long rig_write(int fd, const void *buffer, size_t bytes);
int rig_readable(int fd);
int rig_bind(int fd, const char *name, uint32_t *id);
int rig_unbind(int fd, const char *name);
int rig_attach(int fd, const char *name, uint32_t pasid, uint32_t pt);
int rig_replace(int fd, const char *name, uint32_t pasid, uint32_t pt);
int rig_detach(int fd, const char *name, uint32_t pasid);

/* ---- what scenarios begin with; for setup, where nothing fails ---- */

/* A context with an IOAS, a mock device attached to it, memory at RIG_IOVA. */
void rig_begin(struct uiommufd_run *run, struct rig *rig);
/* The same with a nesting parent, a vIOMMU and no vDEVICE. */
void rig_begin_viommu(struct uiommufd_run *run, struct rig *rig);

#endif
