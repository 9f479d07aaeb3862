/* True preload: what the entry imported becomes the board's flash. Everything is frozen, so that a write fails
 * with a TypeError instead of silently taking RAM for a copy, and marked as lying outside of the heap, so that
 * the arena's collections leave it alone. */
#include "host.h"

typedef void (*EachSlot)(txMachine* the, txSlot* slot);

static void forEachSlot(txMachine* the, EachSlot each)
{
	txSlot* heap;
	for (heap = the->firstHeap; heap; heap = heap->next) {
		txSlot* limit = heap->value.reference;
		txSlot* slot;
		for (slot = heap + 1; slot < limit; slot++)
			each(the, slot);
	}
}

/* Freezing: XS_DONT_SET_FLAG also guards the tables of Map and Set and the bytes of ArrayBuffer. */

static void freezeProperty(txSlot* property)
{
	if (property->kind != XS_ACCESSOR_KIND)
		property->flag |= XS_DONT_SET_FLAG;
	property->flag |= XS_DONT_DELETE_FLAG;
}

static void freezeInstance(txMachine* the, txSlot* instance)
{
	txSlot* property;
	instance->flag |= XS_DONT_PATCH_FLAG;
	for (property = instance->next; property; property = property->next) {
		freezeProperty(property);
		if (property->kind == XS_ARRAY_KIND) {
			txSlot* item = property->value.array.address;
			txIndex count = fxGetIndexSize(the, property);
			for (; count > 0; count--)
				freezeProperty(item++);
		}
		else if (property->kind == XS_PRIVATE_KIND) {
			txSlot* field;
			for (field = property->value.private.first; field; field = field->next)
				freezeProperty(field);
		}
	}
}

/* A variable of a module's scope is a constant as well. */
static void freezeSlot(txMachine* the, txSlot* slot)
{
	if (slot->kind == XS_INSTANCE_KIND)
		freezeInstance(the, slot);
	else if ((slot->kind == XS_CLOSURE_KIND) && slot->value.closure)
		freezeProperty(slot->value.closure);
	else if ((slot->kind == XS_EXPORT_KIND) && slot->value.export.closure)
		freezeProperty(slot->value.export.closure);
}

/* Outside of the heap: the engine marks and moves the chunks of the ordinary kinds, wherever it meets a copy of
 * such a slot; the _X kinds it leaves alone. */

static void detachSlot(txMachine* the, txSlot* slot)
{
	switch (slot->kind) {
	case XS_STRING_KIND: slot->kind = XS_STRING_X_KIND; break;
	case XS_BIGINT_KIND: slot->kind = XS_BIGINT_X_KIND; break;
	case XS_KEY_KIND: slot->kind = XS_KEY_X_KIND; break;
	case XS_CODE_KIND: slot->kind = XS_CODE_X_KIND; break;
	case XS_CALLBACK_KIND: slot->kind = XS_CALLBACK_X_KIND; break;
	case XS_ARRAY_KIND: {
		txSlot* item = slot->value.array.address;
		txIndex count = fxGetIndexSize(the, slot);
		for (; count > 0; count--)
			detachSlot(the, item++);
		break;
	}
	default: break;
	}
}

/* The global object of an unlinked machine fills a cache at each first look-up, which flash cannot. On the boards
 * it is an ordinary object from the start. */
static void simplifyGlobal(txMachine* the)
{
	txSlot* global = mxGlobal.value.reference;
	if (global->next && (global->next->kind == XS_GLOBAL_KIND)) {
		global->flag &= ~XS_EXOTIC_FLAG;
		global->next = global->next->next;
	}
}

void preloadShare(txMachine* the)
{
	txSlot* slot;
	simplifyGlobal(the);
	fxCollectGarbage(the);
	forEachSlot(the, freezeSlot);
	fxShareMachine(the);
	forEachSlot(the, detachSlot);
	for (slot = the->stack; slot < the->stackTop; slot++)
		detachSlot(the, slot);
	flashLock();
}
