/** What the XS hosts (the SDK's on a board, ours on a PC) give to hal/ beside the ES2022 library. */

/** The host function that C registered under `name`; use only as `return native("xs_x").call(this, …)`. */
declare function native(name: string): (this: unknown, ...args: any[]) => any;
/** A base class whose instances carry C data that `destructor` frees. */
declare function Native(destructor: string): new () => object;
