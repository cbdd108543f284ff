// SPDX-License-Identifier: MIT
/*
 * A device of one's own as a register table: "copper", an invented DMA engine
 * that copies memory, one descriptor at a time.
 *
 * Software writes the source, the target and a length, sets GO, and polls DONE
 * or takes the interrupt that the model counts; a 1 written to DONE or ERROR
 * clears it.  Each channel has its own registers, 0x20 bytes apart.
 *
 * The device is the table, two hooks and the copy; the rest drives it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/uiommufd.h>

#define CHANNELS 4
#define RAM_BYTES 4096
#define MAX_LENGTH 1024

/* Offsets of a channel's registers, and their bits. */
#define CHANNEL(n) (0x100u + 0x20u * (n))
#define SOURCE 0x00
#define TARGET 0x08
#define LENGTH 0x10
#define CONTROL 0x14
#define STATUS 0x18
#define GO 0x1u
#define INT_EN 0x2u
#define DONE 0x1u
#define ERROR 0x2u
#define BUSY 0x4u

enum row { ID, CTRL_ROW, SOURCE_ROW, TARGET_ROW, LENGTH_ROW, STATUS_ROW, ROWS };

struct copper {
	struct uiommufd_mmio *mmio;
	uint8_t ram[RAM_BYTES];
	unsigned int interrupts;
};

/* --- the device ------------------------------------------------------------ */

static int in_ram(uint64_t address, uint64_t length)
{
	return address <= RAM_BYTES && length <= RAM_BYTES - address;
}

/* CONTROL was written: with GO, do the work and say how it went. */
static void control_written(void *device, uint32_t channel, uint64_t old,
			    uint64_t value)
{
	struct copper *c = device;
	uint64_t source = uiommufd_mmio_get(c->mmio, SOURCE_ROW, channel);
	uint64_t target = uiommufd_mmio_get(c->mmio, TARGET_ROW, channel);
	uint64_t length = uiommufd_mmio_get(c->mmio, LENGTH_ROW, channel);
	uint64_t status = DONE;

	if (!(value & GO))
		return;
	if (in_ram(source, length) && in_ram(target, length))
		memmove(&c->ram[target], &c->ram[source], length);
	else
		status = DONE | ERROR;
	uiommufd_mmio_set(c->mmio, STATUS_ROW, channel, status);
	/* GO reads 0 again: the work is over before software looks. */
	uiommufd_mmio_set(c->mmio, CTRL_ROW, channel, value & ~(uint64_t)GO);
	if (value & INT_EN)
		c->interrupts++;
}

/* A length that the engine does not do is refused, and told. */
static uint64_t length_check(void *device, uint32_t channel, uint64_t old,
			     uint64_t value)
{
	struct copper *c = device;

	if (value && value <= MAX_LENGTH)
		return value;
	uiommufd_mmio_guest_error(c->mmio, "channel %u: length %u", channel,
				  (unsigned int)value);
	return old;
}

static const struct uiommufd_mmio_field id_fields[] = {
	{ "VERSION", 0, 7 }, { "CHANNELS", 8, 15 }, { NULL, 0, 0 }
};
static const struct uiommufd_mmio_field control_fields[] = {
	{ "GO", 0, 0 }, { "INT_EN", 1, 1 }, { NULL, 0, 0 }
};
static const struct uiommufd_mmio_field status_fields[] = {
	{ "DONE", 0, 0 }, { "ERROR", 1, 1 }, { "BUSY", 2, 2 }, { NULL, 0, 0 }
};

#define ROW UIOMMUFD_MMIO_ROW
#define ALL32 UIOMMUFD_MMIO_ALL32

static const struct uiommufd_mmio_register registers[ROWS] = {
	[ID] = ROW("ID", 0x0, 4, ALL32, 0, 0, .reset = CHANNELS << 8 | 3,
		   .fields = id_fields),
	[SOURCE_ROW] = ROW("SOURCE", CHANNEL(0) + SOURCE, 8, 0, 0, 0,
			   .count = CHANNELS, .stride = 0x20,
			   .flags = UIOMMUFD_MMIO_HALVES),
	[TARGET_ROW] = ROW("TARGET", CHANNEL(0) + TARGET, 8, 0, 0, 0,
			   .count = CHANNELS, .stride = 0x20,
			   .flags = UIOMMUFD_MMIO_HALVES),
	[LENGTH_ROW] = ROW("LENGTH", CHANNEL(0) + LENGTH, 4, 0, 0, ~0xffffu,
			   .count = CHANNELS, .stride = 0x20,
			   .check = length_check),
	[CTRL_ROW] = ROW("CONTROL", CHANNEL(0) + CONTROL, 4, 0, 0,
			 ~(GO | INT_EN), .count = CHANNELS, .stride = 0x20,
			 .fields = control_fields, .written = control_written),
	[STATUS_ROW] = ROW("STATUS", CHANNEL(0) + STATUS, 4, BUSY,
			   DONE | ERROR, ~(DONE | ERROR | BUSY),
			   .count = CHANNELS, .stride = 0x20,
			   .fields = status_fields),
};

static const struct uiommufd_mmio_block block = {
	.name = "copper",
	.size = 4096,
	.registers = registers,
	.register_count = ROWS,
};

/* --- software that drives it ------------------------------------------------ */

static uint32_t copy(struct uiommufd_mmio *mmio, unsigned int channel,
		     uint64_t source, uint64_t target, uint32_t length)
{
	uint32_t base = CHANNEL(channel);

	uiommufd_mmio_write(mmio, base + SOURCE, 8, source);
	/* A 64-bit register is two 32-bit ones as well. */
	uiommufd_mmio_write(mmio, base + TARGET, 4, (uint32_t)target);
	uiommufd_mmio_write(mmio, base + TARGET + 4, 4, target >> 32);
	uiommufd_mmio_write(mmio, base + LENGTH, 4, length);
	uiommufd_mmio_write(mmio, base + CONTROL, 4, GO | INT_EN);
	return uiommufd_mmio_read(mmio, base + STATUS, 4);
}

static void drive(struct copper *c)
{
	struct uiommufd_mmio_counters counters;
	char text[160];

	memcpy(c->ram, "copper", 7);
	assert(copy(c->mmio, 2, 0, 100, 7) == DONE);
	assert(!strcmp((char *)&c->ram[100], "copper"));
	/* Only a written 1 clears. */
	uiommufd_mmio_write(c->mmio, CHANNEL(2) + STATUS, 4, 0);
	assert(uiommufd_mmio_read(c->mmio, CHANNEL(2) + STATUS, 4) == DONE);
	uiommufd_mmio_write(c->mmio, CHANNEL(2) + STATUS, 4, DONE);
	assert(!uiommufd_mmio_read(c->mmio, CHANNEL(2) + STATUS, 4));
	assert(copy(c->mmio, 1, 4090, 0, 10) == (DONE | ERROR));
	assert(c->interrupts == 2);

	/* What the manual does not allow is counted and told, not obeyed. */
	uiommufd_mmio_write(c->mmio, CHANNEL(0) + LENGTH, 4, 4000);
	uiommufd_mmio_last_error(c->mmio, text, sizeof(text));
	assert(strstr(text, "channel 0: length 4000"));
	uiommufd_mmio_write(c->mmio, 0x0, 4, 1);
	uiommufd_mmio_write(c->mmio, 0x104, 2, 1);
	uiommufd_mmio_read_counters(c->mmio, &counters);
	assert(counters.guest_errors == 3 && counters.read_only == 1 &&
	       counters.wrong_width == 1);
}

int main(void)
{
	struct copper *c = calloc(1, sizeof(*c));
	const char *why = NULL;

	c->mmio = uiommufd_mmio_new(&block, c, &why);
	if (!c->mmio) {
		fprintf(stderr, "copper: %s\n", why ? why : "out of memory");
		return 1;
	}
	drive(c);
	uiommufd_mmio_dump(c->mmio, stdout, 0);
	uiommufd_mmio_free(c->mmio);
	free(c);
	return 0;
}
