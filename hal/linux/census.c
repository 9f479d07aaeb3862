/* Who holds the heap: buffers by the class and field that refer to them, slots by the class of their object. For
 * people who look for memory; it runs when a run ends, on the host's own heap. */
#include "host.h"

#define ENTRIES_MAX 512
#define BUFFERS_MAX 4096
#define NAME_LIMIT 64

typedef struct {
	char name[NAME_LIMIT];
	long count;
	long bytes;
} Entry;

typedef struct {
	Entry entries[ENTRIES_MAX];
	int count;
} Table;

static void add(Table* table, const char* name, long bytes)
{
	int i;
	for (i = 0; i < table->count; i++)
		if (!strncmp(table->entries[i].name, name, NAME_LIMIT - 1))
			break;
	if (i == ENTRIES_MAX)
		return;
	if (i == table->count) {
		table->count++;
		table->entries[i].count = 0;
		table->entries[i].bytes = 0;
		snprintf(table->entries[i].name, NAME_LIMIT, "%s", name);
	}
	table->entries[i].count++;
	table->entries[i].bytes += bytes;
}

static int larger(const void* a, const void* b)
{
	long difference = ((const Entry*)b)->bytes - ((const Entry*)a)->bytes;
	return difference < 0 ? -1 : difference > 0;
}

static void print(Table* table, const char* title, int most)
{
	int i;
	qsort(table->entries, (size_t)table->count, sizeof(Entry), larger);
	fprintf(stderr, "  %s:", title);
	for (i = 0; (i < table->count) && (i < most); i++)
		fprintf(stderr, "%s %s %ld", i ? "," : "", table->entries[i].name, table->entries[i].bytes);
	for (; i < table->count; i++)
		table->entries[most - 1].bytes += table->entries[i].bytes;
	fprintf(stderr, "%s\n", table->count > most ? ", …" : "");
}

static const char* functionName(txMachine* the, txSlot* function)
{
	txSlot* name = mxBehaviorGetProperty(the, function, mxID(_name), 0, XS_OWN);
	if (name && ((name->kind == XS_STRING_KIND) || (name->kind == XS_STRING_X_KIND)) && *name->value.string)
		return name->value.string;
	return "function";
}

static const char* className(txMachine* the, txSlot* instance)
{
	txSlot* constructor;
	if (mxIsFunction(instance))
		return "function";
	if (!instance->value.instance.prototype)
		return "internal";
	constructor = mxBehaviorGetProperty(the, instance->value.instance.prototype, mxID(_constructor), 0, XS_ANY);
	if (!constructor || (constructor->kind != XS_REFERENCE_KIND) || !mxIsFunction(constructor->value.reference))
		return "object";
	return functionName(the, constructor->value.reference);
}

/* The ArrayBuffer behind a view, or the instance itself. */
static txSlot* bufferOf(txSlot* instance)
{
	txSlot* property = instance->next;
	if (property && (property->kind == XS_TYPED_ARRAY_KIND))
		property = property->next;
	if (property && (property->kind == XS_DATA_VIEW_KIND) && property->next && (property->next->kind == XS_REFERENCE_KIND))
		property = property->next->value.reference->next;
	return property && (property->kind == XS_ARRAY_BUFFER_KIND) ? property : NULL;
}

static txSlot* gSeen[BUFFERS_MAX];
static int gSeenCount;
static Table gBuffers, gSlots;

static void addBuffer(const char* name, txSlot* buffer)
{
	int i;
	for (i = 0; i < gSeenCount; i++)
		if (gSeen[i] == buffer)
			return;
	if (gSeenCount < BUFFERS_MAX)
		gSeen[gSeenCount++] = buffer;
	add(&gBuffers, name, buffer->next ? buffer->next->value.bufferInfo.length : 0);
}

static void visitProperty(txMachine* the, const char* class, txSlot* property)
{
	char name[NAME_LIMIT];
	txSlot* buffer;
	const char* key;
	if ((property->kind != XS_REFERENCE_KIND) || !(buffer = bufferOf(property->value.reference)))
		return;
	key = property->ID != XS_NO_ID ? fxGetKeyName(the, property->ID) : NULL;
	snprintf(name, sizeof(name), "%s.%s", class, key ? key : "[]");
	addBuffer(name, buffer);
}

/* Returns the slots that the instance takes. */
static long visitInstance(txMachine* the, txSlot* instance, const char* class)
{
	long slots = 1;
	txSlot* property;
	for (property = instance->next; property; property = property->next) {
		slots++;
		if (property->kind == XS_PRIVATE_KIND) {
			txSlot* field;
			for (field = property->value.private.first; field; field = field->next, slots++)
				visitProperty(the, class, field);
		}
		else if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			txIndex i, count = fxGetIndexSize(the, property);
			for (i = 0; i < count; i++)
				visitProperty(the, class, item + i);
		}
		else if (!(property->flag & XS_INTERNAL_FLAG))
			visitProperty(the, class, property);
	}
	return slots;
}

void censusPrint(txMachine* the)
{
	txSlot* heap;
	gBuffers.count = gSlots.count = gSeenCount = 0;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* slot;
		for (slot = heap + 1; slot < heap->value.reference; slot++) {
			if (slot->kind == XS_INSTANCE_KIND) {
				const char* class = className(the, slot);
				add(&gSlots, class, visitInstance(the, slot, class) * (long)sizeof(txSlot));
			}
		}
	}
	/* What only locals and closures refer to. */
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* slot;
		for (slot = heap + 1; slot < heap->value.reference; slot++)
			if (slot->kind == XS_ARRAY_BUFFER_KIND)
				addBuffer("others", slot);
	}
	print(&gBuffers, "bytes of buffers", 40);
	print(&gSlots, "bytes of slots", 40);
}
