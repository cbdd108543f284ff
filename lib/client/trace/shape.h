/* SPDX-License-Identifier: MIT */
/*
 * What commands look like: the fields of their structures, and what a number
 * in them stands for.
 */
#ifndef TRACE_SHAPE_H
#define TRACE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The largest buffer that a trace carries. */
#define TRACE_BUFFER_MAX (16u << 20)

enum trace_kind {
	TRACE_NUMBER,
	TRACE_BYTES,	/* an array in the structure */
	TRACE_ADDRESS,	/* of the client's memory, which is not looked into */
	TRACE_BUFFER,	/* of bytes that go in, out or both ways */
	TRACE_FD,	/* a descriptor that the client has */
	TRACE_NEW_FD,	/* one that the call makes */
};

struct trace_field {
	const char *name;	/* as C names it */
	uint16_t offset, size;	/* bytes, in the structure */
	enum trace_kind kind;
	uint64_t (*bytes)(const void *cmd);	/* behind BUFFER and ADDRESS */
};

struct trace_shape {
	const char *name;	/* of the request */
	unsigned long request;
	uint32_t op;		/* of IOMMU_TEST_CMD; 0: any */
	const char *type;	/* "struct ..."; NULL: the argument is a number */
	const char *size_name;	/* "size" or "argsz" */
	size_t size;
	const struct trace_field *fields;	/* the first is the size */
	size_t field_count;
};

/**
 * trace_shape_of - the shape of a request.
 * @op: the second word of its structure
 *
 * Return: NULL: not known.
 */
const struct trace_shape *trace_shape_of(unsigned long request, uint32_t op);
/** trace_shape_named - the same by name; NULL: not known. */
const struct trace_shape *trace_shape_named(const char *name);

/** trace_field_get - a number or address in a structure. */
uint64_t trace_field_get(const struct trace_field *field, const void *cmd);
/** trace_field_set - puts it there, cut to the field's size. */
void trace_field_set(const struct trace_field *field, void *cmd,
		     uint64_t value);

#endif
