/* Keys that stay: read from a file once, held by PSA, used to sign. Nothing of them reaches the JavaScript heap. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "private-key.h"
#include "psa.h"

/* The client's certificate has one; another one may take its place before it is closed. */
#define SIGNING_KEYS_MAX 2

#define SIGNATURE_ECDSA 1
#define SIGNATURE_RSA_PSS 2
#define PATH_BYTES 1024
#define RSA_SIGNATURE_BYTES 512
#define P256_BYTES 32
/* SEQUENCE of two INTEGERs of up to 33 bytes. */
#define ECDSA_DER_BYTES (2 + 2 * (2 + P256_BYTES + 1))

typedef struct {
	int used;
	int isRsa;
	psa_key_id_t key;
} SigningKey;

static SigningKey gKeys[SIGNING_KEYS_MAX];

void xs_signing_key_destructor(void* data);

void xs_signing_key_destructor(void* data)
{
	SigningKey* key = data;
	if (!key)
		return;
	if (key->key)
		(void)PSA(psa_destroy_key(key->key));
	wipe(key, sizeof(*key));
}

static psa_status_t importKey(const PrivateKey* from, SigningKey* key)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_set_key_type(&attributes, from->isRsa ? PSA_KEY_TYPE_RSA_KEY_PAIR : PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
	psa_set_key_algorithm(&attributes, from->isRsa ? PSA_ALG_RSA_PSS(PSA_ALG_ANY_HASH) : PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
	key->isRsa = from->isRsa;
	return PSA(psa_import_key(&attributes, from->key.at, (size_t)(from->key.end - from->key.at), &key->key));
}

/* Reads without the C library's buffers, which nobody wipes. Returns the length, -1 where it cannot be read, or
 * `size` where there is more than size - 1. */
static ssize_t readFile(const char* path, uint8_t* bytes, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	size_t length = 0;
	ssize_t count = -1;
	if (file < 0)
		return -1;
	if (!fstat(file, &status) && S_ISREG(status.st_mode)) {
		while ((length < size) && ((count = read(file, bytes + length, size - length)) > 0))
			length += (size_t)count;
	}
	(void)close(file);
	return count < 0 ? -1 : (ssize_t)length;
}

/* Returns what is wrong, or NULL. */
static const char* loadKey(const char* path, SigningKey* key, psa_status_t* status)
{
	size_t size = KEY_FILE_MAX + 1;
	uint8_t* bytes = malloc(size);
	const char* fault = NULL;
	PrivateKey found;
	ssize_t length;
	*status = PSA_SUCCESS;
	if (!bytes)
		return "cannot be read: out of memory";
	length = readFile(path, bytes, size);
	if (length < 0)
		fault = "cannot be read";
	else if (length > KEY_FILE_MAX)
		fault = "is too long for a private key";
	else
		fault = readPrivateKey(bytes, (size_t)length, &found);
	if (!fault)
		*status = importKey(&found, key);
	wipe(bytes, size);
	free(bytes);
	return fault;
}

/* (path, publicKey): fills publicKey from its start, returns the length. */
void xs_signing_key(xsMachine* the)
{
	char path[PATH_BYTES];
	size_t length = 0;
	xsUnsignedValue size;
	void* publicKey;
	psa_status_t status;
	const char* fault;
	SigningKey* key;

	cryptoStart(the);
	xsmcToStringBuffer(xsArg(0), path, sizeof(path));
	key = TAKE(gKeys, SIGNING_KEYS_MAX);
	if (!key)
		xsUnknownError("signing key: %d are in use, close one", SIGNING_KEYS_MAX);
	xsmcGetBufferWritable(xsArg(1), &publicKey, &size);
	fault = loadKey(path, key, &status);
	if (!fault && (status == PSA_SUCCESS))
		status = PSA(psa_export_public_key(key->key, publicKey, size, &length));
	if (fault || (status != PSA_SUCCESS)) {
		xs_signing_key_destructor(key);
		if (status == PSA_ERROR_INSUFFICIENT_MEMORY)
			cryptoFail(the, "signing key", status);
		/* What the library refuses of a key is its numbers. */
		xsUnknownError("%s", fault ? fault : "holds a damaged private key");
	}
	key->used = 1;
	xsmcSetHostData(xsThis, key);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

static uint8_t* putInteger(uint8_t* to, const uint8_t* value)
{
	size_t length = P256_BYTES;
	while ((length > 1) && !*value) {
		value++;
		length--;
	}
	*to++ = DER_INTEGER;
	*to++ = (uint8_t)(length + (*value >> 7));
	if (*value >> 7)
		*to++ = 0;
	memcpy(to, value, length);
	return to + length;
}

/* Ecdsa-Sig-Value (RFC 3279 §2.2.3) of r and s. Returns the length. */
static size_t encodeEcdsa(const uint8_t* raw, uint8_t* der)
{
	uint8_t* end = putInteger(putInteger(der + 2, raw), raw + P256_BYTES);
	der[0] = DER_SEQUENCE;
	der[1] = (uint8_t)(end - der - 2);
	return (size_t)(end - der);
}

/* (signature, hash, message, into) */
void xs_signing_key_sign(xsMachine* the)
{
	SigningKey* key = xsmcGetHostDataValidate(xsThis, (void*)xs_signing_key_destructor);
	uint32_t kind = xsUnsignedArgument(0, "sign: signature");
	psa_algorithm_t hash = cryptoHash(the, &xsArg(1));
	uint8_t raw[RSA_SIGNATURE_BYTES], der[ECDSA_DER_BYTES];
	xsUnsignedValue messageLength, size;
	void *message, *into;
	size_t length = 0;
	psa_status_t status;

	if (!key)
		xsUnknownError("signing key: closed");
	if (kind != (key->isRsa ? SIGNATURE_RSA_PSS : SIGNATURE_ECDSA))
		xsRangeError("sign: the key makes no signature %u", (unsigned)kind);
	xsmcGetBufferReadable(xsArg(2), &message, &messageLength);
	xsmcGetBufferWritable(xsArg(3), &into, &size);
	status = PSA(psa_sign_message(key->key, key->isRsa ? PSA_ALG_RSA_PSS(hash) : PSA_ALG_ECDSA(hash), message, messageLength, raw, sizeof(raw), &length));
	if (status != PSA_SUCCESS)
		cryptoFail(the, "sign", status);
	if (!key->isRsa)
		length = encodeEcdsa(raw, der);
	if (length > size)
		xsRangeError("sign: room for %u bytes, expected %u", (unsigned)size, (unsigned)length);
	memcpy(into, key->isRsa ? raw : der, length);
	xsmcSetInteger(xsResult, (xsIntegerValue)length);
}

void xs_signing_key_close(xsMachine* the)
{
	xs_signing_key_destructor(xsmcGetHostDataValidate(xsThis, (void*)xs_signing_key_destructor));
	xsmcSetHostData(xsThis, NULL);
}
