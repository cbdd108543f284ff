// SPDX-License-Identifier: MIT
/*
 * A program file: can it be preloaded into, and what must come first?
 *
 * Read from its ELF program headers and dynamic section: a program without an
 * interpreter never sees LD_PRELOAD; one that needs a sanitizer's shared
 * runtime wants that before anything else.  A runtime linked statically (what
 * clang does by default) is part of the program and comes first by itself.
 */
#include "program.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SCRIPTS_MAX 4

#if defined(__x86_64__)
#define OUR_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OUR_MACHINE EM_AARCH64
#else
#error "which machine's programs are these?"
#endif

/* The bytes of a file. */
struct image {
	const char *bytes;
	gsize size;
};

static const void *image_at(const struct image *image, guint64 offset,
			    guint64 size)
{
	if (offset > image->size || size > image->size - offset)
		return NULL;
	return image->bytes + offset;
}

static const char *image_string(const struct image *image, guint64 offset)
{
	if (offset >= image->size ||
	    !memchr(image->bytes + offset, 0, image->size - offset))
		return NULL;
	return image->bytes + offset;
}

static const Elf64_Phdr *find_header(const struct image *image, guint32 type,
				     const Elf64_Phdr *after)
{
	const Elf64_Ehdr *elf = image_at(image, 0, sizeof(*elf));
	const Elf64_Phdr *header;

	header = image_at(image, elf->e_phoff,
			  (guint64)elf->e_phnum * sizeof(*header));
	for (int i = 0; header && i < elf->e_phnum; i++)
		if (header[i].p_type == type && (!after || &header[i] > after))
			return &header[i];
	return NULL;
}

/* Where in the file a virtual address is; G_MAXUINT64: nowhere. */
static guint64 file_offset(const struct image *image, guint64 address)
{
	const Elf64_Phdr *load = NULL;

	while ((load = find_header(image, PT_LOAD, load)))
		if (address >= load->p_vaddr &&
		    address - load->p_vaddr < load->p_filesz)
			return address - load->p_vaddr + load->p_offset;
	return G_MAXUINT64;
}

static const Elf64_Dyn *find_dynamic(const struct image *image, gint64 tag,
				     const Elf64_Dyn *after)
{
	const Elf64_Phdr *header = find_header(image, PT_DYNAMIC, NULL);
	const Elf64_Dyn *entry;

	if (!header)
		return NULL;
	entry = image_at(image, header->p_offset, header->p_filesz);
	for (gsize i = 0; entry && i < header->p_filesz / sizeof(*entry); i++) {
		if (entry[i].d_tag == DT_NULL)
			return NULL;
		if (entry[i].d_tag == tag && (!after || &entry[i] > after))
			return &entry[i];
	}
	return NULL;
}

static const char *dynamic_string(const struct image *image,
				  const Elf64_Dyn *entry)
{
	const Elf64_Dyn *table = find_dynamic(image, DT_STRTAB, NULL);
	guint64 at;

	if (!entry || !table)
		return NULL;
	at = file_offset(image, table->d_un.d_ptr);
	return at == G_MAXUINT64 ? NULL :
				   image_string(image, at + entry->d_un.d_val);
}

static gboolean is_sanitizer(const char *soname)
{
	static const char *const prefixes[] = {
		"libasan.so", "libtsan.so", "libubsan.so", "liblsan.so",
		"libhwasan.so", "libclang_rt.asan", "libclang_rt.tsan",
		"libclang_rt.ubsan", "libclang_rt.hwasan", "libclang_rt.lsan",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (g_str_has_prefix(soname, prefixes[i]))
			return TRUE;
	return FALSE;
}

/* In the directories the program names; else the linker knows where. */
static gchar *locate(const struct image *image, const char *path,
		     const char *soname)
{
	const Elf64_Dyn *entry = find_dynamic(image, DT_RUNPATH, NULL);
	g_autofree gchar *origin = g_path_get_dirname(path);
	const char *dirs;

	dirs = dynamic_string(image, entry ? entry :
				     find_dynamic(image, DT_RPATH, NULL));
	if (dirs) {
		g_auto(GStrv) list = g_strsplit(dirs, ":", 0);

		for (gsize i = 0; list[i]; i++) {
			g_autoptr(GString) dir = g_string_new(list[i]);
			g_autofree gchar *file = NULL;

			g_string_replace(dir, "${ORIGIN}", origin, 0);
			g_string_replace(dir, "$ORIGIN", origin, 0);
			file = g_build_filename(dir->str, soname, NULL);
			if (g_file_test(file, G_FILE_TEST_EXISTS))
				return g_steal_pointer(&file);
		}
	}
	return g_strdup(soname);
}

/* Several may be needed (ASan with UBSan); they keep their order. */
static gchar *find_sanitizers(const struct image *image, const char *path)
{
	g_autoptr(GString) found = g_string_new(NULL);
	const Elf64_Dyn *needed = NULL;

	while ((needed = find_dynamic(image, DT_NEEDED, needed))) {
		const char *soname = dynamic_string(image, needed);
		g_autofree gchar *file = NULL;

		if (!soname || !is_sanitizer(soname))
			continue;
		file = locate(image, path, soname);
		g_string_append_printf(found, "%s%s", found->len ? ":" : "",
				       file);
	}
	return found->len ? g_string_free(g_steal_pointer(&found), FALSE) : NULL;
}

static int not_executable(GError **error, const char *path, const char *why)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_ACCES, "%s: %s", path,
		    why);
	return PROGRAM_NOT_EXECUTABLE;
}

static int look_into_elf(const struct image *image, const char *path,
			 struct program *program, GError **error)
{
	const Elf64_Ehdr *elf = image_at(image, 0, sizeof(*elf));

	if (!elf || elf->e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf->e_machine != OUR_MACHINE)
		return not_executable(error, path,
				      "is a program for another machine");
	if (!find_header(image, PT_INTERP, NULL))
		return not_executable(error, path,
				      "is statically linked: its calls cannot "
				      "be intercepted");
	program->sanitizer = find_sanitizers(image, path);
	return 0;
}

/* "#!/usr/bin/env NAME" leads to NAME, others to the interpreter itself. */
static gchar *interpreter_of(const struct image *image)
{
	gsize length = 0, limit = MIN(image->size, 256);
	g_autofree gchar *line = NULL;
	g_auto(GStrv) word = NULL;
	g_autofree gchar *base = NULL;

	while (length < limit && image->bytes[length] != '\n')
		length++;
	line = g_strndup(image->bytes + 2, length - 2);
	word = g_strsplit_set(g_strstrip(line), " \t", 3);
	if (!word[0])
		return NULL;
	base = g_path_get_basename(word[0]);
	return g_strdup(word[1] && !strcmp(base, "env") ? word[1] : word[0]);
}

static int look_into(const char *path, struct program *program, int depth,
		     GError **error);

static int look_into_script(const struct image *image, const char *path,
			    struct program *program, int depth, GError **error)
{
	g_autofree gchar *name = interpreter_of(image);
	g_autofree gchar *found = name ? g_find_program_in_path(name) : NULL;

	if (!found || depth == SCRIPTS_MAX)
		return not_executable(error, path, "has no interpreter");
	return look_into(found, program, depth + 1, error);
}

static int look_into(const char *path, struct program *program, int depth,
		     GError **error)
{
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
	struct image image;

	if (!file)
		return PROGRAM_NOT_EXECUTABLE;
	image.bytes = g_mapped_file_get_contents(file);
	image.size = g_mapped_file_get_length(file);
	if (image.size >= SELFMAG && !memcmp(image.bytes, ELFMAG, SELFMAG))
		return look_into_elf(&image, path, program, error);
	if (image.size >= 2 && !memcmp(image.bytes, "#!", 2))
		return look_into_script(&image, path, program, depth, error);
	return not_executable(error, path, "is no program");
}

int program_find(const char *name, struct program *program, GError **error)
{
	if (strchr(name, '/'))
		program->path = g_strdup(name);
	else
		program->path = g_find_program_in_path(name);
	if (!program->path || access(program->path, F_OK)) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "%s: not found", name);
		return PROGRAM_NOT_FOUND;
	}
	if (g_file_test(program->path, G_FILE_TEST_IS_DIR))
		return not_executable(error, name, "is a directory");
	if (access(program->path, X_OK))
		return not_executable(error, name, g_strerror(errno));
	return look_into(program->path, program, 0, error);
}

void program_clear(struct program *program)
{
	g_clear_pointer(&program->path, g_free);
	g_clear_pointer(&program->sanitizer, g_free);
}
