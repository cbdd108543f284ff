// SPDX-License-Identifier: MIT
/*
 * Fixtures and texts for test frameworks, made of public calls alone.
 */
#include <fcntl.h>
#include <stdio.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/testing.h>

int uiommufd_test_begin(struct uiommufd_test *test, const char *kind)
{
	struct uiommufd_platform_config config;

	setenv("UIOMMUFD_DEBUG", "refs", 0);
	uiommufd_platform_config_init(&config, kind);
	test->platform = uiommufd_platform_new(&config);
	if (!test->platform)
		return -1;
	test->fd = uiommufd_open(test->platform, O_RDWR | O_CLOEXEC);
	if (test->fd >= 0)
		return 0;
	uiommufd_platform_free(test->platform);
	test->platform = NULL;
	return -1;
}

/* What is wrong, in words; without memory the bare fact. */
static char *blame(struct uiommufd_platform *platform,
		   const struct uiommufd_audit *audit)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return strdup("the platform is not clean");
	fprintf(out, "the platform is not clean: objects %llu, blocks %llu, "
		"locks %llu, mappings %llu, warnings %llu\n",
		(unsigned long long)audit->objects,
		(unsigned long long)audit->blocks,
		(unsigned long long)audit->locks,
		(unsigned long long)audit->mappings,
		(unsigned long long)audit->warnings);
	uiommufd_platform_report_leaks(platform, out);
	fclose(out);
	return text;
}

/* Both texts, either of which may be NULL; takes them. */
static char *join(char *first, char *second)
{
	char *both;

	if (!first || !second)
		return first ? first : second;
	if (asprintf(&both, "%s%s", first, second) < 0)
		both = strdup(first);
	free(first);
	free(second);
	return both;
}

char *uiommufd_test_end(struct uiommufd_test *test)
{
	struct uiommufd_platform *platform = test->platform;
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	char *ops;

	if (test->fd >= 0)
		uiommufd_close(test->fd);
	test->fd = -1;
	test->platform = NULL;
	ops = uiommufd_op_expect_end(platform);
	if (uiommufd_platform_audit(platform, &audit))
		return join(ops, blame(platform, &audit));
	uiommufd_platform_free(platform);
	return ops;
}

/* Start of the line that @at is in. */
static const char *line_start(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

static char *difference(const char *expected, const char *found)
{
	const char *a = expected, *b = found;
	unsigned int line = 1;
	char *text;

	for (; *a && *a == *b; a++, b++)
		line += *a == '\n';
	a = line_start(expected, a);
	b = line_start(found, b);
	if (asprintf(&text,
		     "the object graph differs in line %u\n"
		     "expected: %.*s\n   found: %.*s\nthe graph is:\n%s",
		     line, (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b,
		     found) < 0)
		return strdup("the object graph differs");
	return text;
}

char *uiommufd_test_graph(int fd, const char *expected)
{
	char *found = uiommufd_graph(fd), *text = NULL;

	if (!found)
		return strdup("the descriptor is no context");
	if (strcmp(expected, found))
		text = difference(expected, found);
	free(found);
	return text;
}

char *uiommufd_test_counts(int fd)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	int wrong = out ? uiommufd_graph_check(fd, out) : -1;

	if (out)
		fclose(out);
	if (wrong < 0) {
		free(text);
		return strdup("the counts cannot be read");
	}
	if (wrong)
		return text;
	free(text);
	return NULL;
}

char *uiommufd_test_destroy(int fd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };
	char *why, *text;
	int error;

	if (!uiommufd_ioctl(fd, IOMMU_DESTROY, &cmd))
		return NULL;
	error = errno;
	why = uiommufd_explain(fd, id);
	if (asprintf(&text, "IOMMU_DESTROY %u: %s\n%s", id, strerror(error),
		     why ? why : "there is no such object\n") < 0)
		text = strdup(strerror(error));
	free(why);
	return text;
}
