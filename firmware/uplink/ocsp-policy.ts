import { OCSP_IF_STAPLED, OCSP_OFF, OCSP_REQUIRED } from "../tls/x509/ocsp.js";

/** What the configuration calls the policies for stapled OCSP responses. */
export type OcspPolicyName = "off" | "if-stapled" | "required";

export function ocspPolicy(name: OcspPolicyName): number {
	return name === "off" ? OCSP_OFF : name === "required" ? OCSP_REQUIRED : OCSP_IF_STAPLED;
}
