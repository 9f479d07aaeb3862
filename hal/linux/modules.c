/* Modules: one ES module per file under the root folder, as the build wrote them. A module's byte code is kept in
 * flash for good: functions and string constants point into it instead of being copied into the heap, as they
 * do on a board, so that what a running machine allocates is the same there and here. */
#include "host.h"

#include <sys/stat.h>

#define PATH_LIMIT 1024
#define FILE_LIMIT (2 * PATH_LIMIT)
#define MODULES_MAX 1024

typedef struct {
	txString path;
	txSize size;
} ModuleSize;

static ModuleSize gModules[MODULES_MAX];
static int gModuleCount;

/* Names */

static int filePath(char* into, const char* path)
{
	return snprintf(into, FILE_LIMIT, "%s/%s", gOptions.root, path) < FILE_LIMIT;
}

/* Writes `base`'s folder joined with `name` to `into`, without "." and ".." parts. Returns 0 where it leaves the root. */
static int joinPath(char* into, const char* base, const char* name)
{
	const char* slash = strrchr(base, '/');
	size_t length = slash ? (size_t)(slash - base) : 0;
	memcpy(into, base, length);
	while (*name) {
		const char* end = strchr(name, '/');
		size_t part = end ? (size_t)(end - name) : strlen(name);
		if ((part == 2) && (name[0] == '.') && (name[1] == '.')) {
			if (length == 0)
				return 0;
			while ((length > 0) && (into[--length] != '/'))
				;
		}
		else if (!((part == 1) && (name[0] == '.')) && (part > 0)) {
			if (length + 1 + part >= PATH_LIMIT)
				return 0;
			if (length > 0)
				into[length++] = '/';
			memcpy(into + length, name, part);
			length += part;
		}
		name += part;
		if (*name == '/')
			name++;
	}
	into[length] = 0;
	return 1;
}

/* Specifiers: "./x.js" and "../x.js" relative to the importer, "#test" and "#hal" as in package.json's imports but
 * for XS, and paths from the root (the entry, and specs that the runner imports by name). */
txID fxFindModule(txMachine* the, txSlot* realm, txID moduleID, txSlot* slot)
{
	char name[PATH_LIMIT];
	char path[PATH_LIMIT];
	char file[FILE_LIMIT];
	struct stat status;
	int found;
	(void)realm;
	fxToStringBuffer(the, slot, name, sizeof(name));
	if (name[0] == '#')
		found = snprintf(path, sizeof(path), "host-tests/support/%s-xs.js", name + 1) < PATH_LIMIT;
	else if ((name[0] == '.') && (moduleID != XS_NO_ID))
		found = joinPath(path, fxGetKeyName(the, moduleID), name);
	else
		found = joinPath(path, "", name);
	if (!found || !filePath(file, path) || stat(file, &status) || !S_ISREG(status.st_mode)) {
		if (moduleID == XS_NO_ID)
			mxReferenceError("no module %s in %s", name, gOptions.root);
		mxReferenceError("%s: no module %s", fxGetKeyName(the, moduleID), name);
	}
	return fxNewNameC(the, path);
}

/* Loading */

static void reportError(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)console;
	fflush(stdout);
	fprintf(stderr, "%s:%d: ", path ? path : "", (int)line);
	vfprintf(stderr, format, arguments);
	fprintf(stderr, "\n");
}

static void reportNothing(void* console, txString path, txInteger line, txString format, c_va_list arguments)
{
	(void)console;
	(void)path;
	(void)line;
	(void)format;
	(void)arguments;
}

static txScript* parse(txMachine* the, FILE* file, txString path)
{
	txParser parserRecord;
	txParser* parser = &parserRecord;
	txParserJump jump;
	txScript* volatile script = NULL;
	fxInitializeParser(parser, the, the->parserBufferSize, the->parserTableModulo);
	parser->reportError = reportError;
	parser->reportWarning = reportNothing;
	parser->firstJump = &jump;
	if (c_setjmp(jump.jmp_buf) == 0) {
		txString map = NULL;
		parser->path = fxNewParserSymbol(parser, path);
		fxParserTree(parser, file, (txGetter)fgetc, 0, &map);
		fxParserHoist(parser);
		fxParserBind(parser);
		script = fxParserCode(parser);
	}
	if (parser->errorCount > 0) {
		fxDeleteScript(script);
		script = NULL;
	}
	fxTerminateParser(parser);
	return script;
}

static txU4 operand(const txByte* code, int size)
{
	txU4 result = 0;
	memcpy(&result, code, (size_t)size); /* little-endian, as the engine writes it */
	return result;
}

/* Rewrites the codes that copy functions and strings into the heap into those that use them in place, and
 * translates the script's symbols into the machine's ids. */
static void codeToFlash(txByte* code, txSize size, const txID* ids)
{
	txByte* at = code;
	txByte* end = code + size;
	while (at < end) {
		txS1 length = gxCodeSizes[*(txU1*)at];
		switch (*(txU1*)at) {
		case XS_CODE_CODE_1: *at = (txByte)XS_CODE_CODE_ARCHIVE_1; break;
		case XS_CODE_CODE_2: *at = (txByte)XS_CODE_CODE_ARCHIVE_2; break;
		case XS_CODE_CODE_4: *at = (txByte)XS_CODE_CODE_ARCHIVE_4; break;
		case XS_CODE_STRING_1: *at = (txByte)XS_CODE_STRING_ARCHIVE_1; break;
		case XS_CODE_STRING_2: *at = (txByte)XS_CODE_STRING_ARCHIVE_2; break;
		case XS_CODE_STRING_4: *at = (txByte)XS_CODE_STRING_ARCHIVE_4; break;
		default: break;
		}
		at++;
		if (length > 0)
			at += length - 1;
		else if (length < 0)
			at += -length + (txSize)operand(at, -length);
		else {
			txID id;
			memcpy(&id, at, sizeof(id));
			if (id != XS_NO_ID) {
				id = ids[id];
				memcpy(at, &id, sizeof(id));
			}
			at += sizeof(id);
		}
	}
}

static txID* internSymbols(txMachine* the, const txByte* symbols)
{
	txID count, i;
	txID* ids;
	memcpy(&count, symbols, sizeof(count));
	symbols += sizeof(count);
	ids = calloc((size_t)count + 1, sizeof(txID));
	if (!ids)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	for (i = 1; i < count; i++) {
		ids[i] = fxNewNameC(the, (txString)symbols);
		symbols += strlen((const char*)symbols) + 1;
	}
	return ids;
}

static void keepScript(txMachine* the, txScript* script, txScript* kept)
{
	memset(kept, 0, sizeof(*kept));
	kept->codeBuffer = flashAllocate((size_t)script->codeSize);
	if (!kept->codeBuffer)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	kept->codeSize = script->codeSize;
	kept->version[0] = XS_MAJOR_VERSION;
	kept->version[1] = XS_MINOR_VERSION;
	kept->version[2] = XS_PATCH_VERSION;
	memcpy(kept->codeBuffer, script->codeBuffer, (size_t)script->codeSize);
	if (script->symbolsBuffer) {
		txID* ids = internSymbols(the, script->symbolsBuffer);
		codeToFlash(kept->codeBuffer, kept->codeSize, ids);
		free(ids);
	}
}

void fxLoadModule(txMachine* the, txSlot* module, txID moduleID)
{
	char file[FILE_LIMIT];
	char path[PATH_LIMIT];
	txScript* script;
	txScript kept;
	FILE* stream;
	snprintf(path, sizeof(path), "%s", fxGetKeyName(the, moduleID));
	if (the->sharedMachine)
		mxTypeError("%s is not preloaded: import it from the entry", path);
	filePath(file, path);
	stream = fopen(file, "rb");
	if (!stream)
		mxReferenceError("cannot read %s", file);
	script = parse(the, stream, path);
	fclose(stream);
	if (!script)
		mxSyntaxError("%s does not parse", path);
	keepScript(the, script, &kept);
	fxDeleteScript(script);
	if (gModuleCount == MODULES_MAX)
		mxRangeError("more than %d modules", MODULES_MAX);
	gModules[gModuleCount].path = flashAllocate(strlen(path) + 1);
	if (!gModules[gModuleCount].path)
		fxAbort(the, XS_NOT_ENOUGH_MEMORY_EXIT);
	memcpy(gModules[gModuleCount].path, path, strlen(path) + 1);
	gModules[gModuleCount++].size = kept.codeSize;
	fxResolveModule(the, module, moduleID, &kept, C_NULL, C_NULL);
}

void modulesPrintSizes(void)
{
	int i;
	printf("{");
	for (i = 0; i < gModuleCount; i++)
		printf("%s\n  \"%s\": %ld", i ? "," : "", gModules[i].path, (long)gModules[i].size);
	printf("\n}\n");
}

size_t modulesCodeBytes(void)
{
	size_t total = 0;
	int i;
	for (i = 0; i < gModuleCount; i++)
		total += (size_t)gModules[i].size;
	return total;
}
