# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options of the modules that take all steps for one tenant. ``KEYS`` are those that OAuth clients have, too."""

    DOCUMENTATION = r"""
options:
  state:
    description:
      - Whether the keys should exist.
      - V(absent) deletes all key pairs in O(key_directory), whether they are in O(keys) or not. With O(register_idp), it
        first deletes all identity providers with O(issuer) that this collection created, and those of the deleted keys. A
        backup of each private key remains.
      - If the play has V(absent) for several hosts, it needs O(allow_absent).
    type: str
    choices: [present, absent]
    default: present
  tenant:
    description:
      - The host name of the tenant, without the scheme. The default is the name of the inventory host.
      - In lower case and without a final dot, it is the default for O(issuer), and names the folder in
        O(key_directory) and the host in O(url). A tenant's first host name never changes. Use this one, not an alias.
    type: str
  issuer:
    description:
      - The issuer of the tokens and of the identity provider. The default is the host name of the tenant, in lower case.
      - Use a different issuer for each tenant, because no claim of a token names the tenant.
    type: str
  users:
    description:
      - The users and services to sign tokens for, as a list.
      - The list can also be given as YAML or JSON text, as surveys in AWX and C(-e) do.
    type: list
    elements: dict
    default: []
    suboptions:
      id:
        description: The key of the user's token in the results. The default is the email, or else the name.
        type: str
      name:
        description: The display name.
        type: str
        aliases: [username]
      email:
        description: The e-mail address.
        type: str
        aliases: [useremail]
      email_verified:
        description: Whether you vouch for the address. Required together with an email.
        type: bool
        aliases: [useremail_verified]
      groups:
        description: A list of group names, each a string.
        type: raw
      subject:
        description:
          - The subject, which identifies the user in the tenant. The default is derived from the issuer and the email.
            Required without an email.
        type: str
      claims:
        description: Additional claims. Those that have an option of their own, or a fixed value, are rejected here.
        type: dict
      expires_in:
        description: Lifetime of the token. The default is O(expires_in).
        type: str
        aliases: [expires]
  expires_in:
    description: Lifetime of the tokens, such as V(30m) or V(90s). Qlik Cloud accepts at most one hour.
    type: str
    default: 30m
  not_before:
    description: When tokens become valid, relative to now.
    type: str
    default: '-10s'
  audience:
    description: The audience of the tokens. Qlik Cloud requires the default.
    type: str
    default: qlik.api/login/jwt-session
  strict:
    description:
      - Whether to fail instead of warning if a token would violate a rule of Qlik Cloud. Nothing is changed then.
    type: bool
    default: false
  key_directory:
    description:
      - The folder for the keys. The default is a folder named after the tenant in C(keys) next to the inventory (the file, or
        the folder if this is one). It is next to the playbook if the host does not come from a file, or from one in a
        collection.
      - If this folder does not exist, but the one next to the playbook does, which was the default before 0.2.0, this one
        is used. For a playbook of a collection, it is in the current directory.
    type: path
  keys:
    description: The key pairs of the tenant. To rotate keys, change this list.
    type: list
    elements: dict
    default:
      - prefix: ''
        state: current
    suboptions:
      prefix:
        description: Prefix of the key's file names.
        type: str
        default: ''
      state:
        description:
          - The state of the key.
          - V(current) signs the tokens. Exactly one key must have this state. It is created if it does not exist.
          - V(retiring) no longer signs tokens here, but users can still log in with tokens that are signed with it
            elsewhere. It is maintained if it exists.
          - V(absent) is removed. With O(register_idp), its identity provider is deleted first. A backup of the private key
            remains.
        type: str
        choices: [current, retiring, absent]
        default: current
      uri:
        description: The URI of this key in a key store, as in O(private_key_uri), which it replaces for this key.
        type: str
  private_key_path:
    description: Path to an existing private key to sign with. If set, no key pair is created.
    type: path
  private_key_content:
    description: The content of an existing private key to sign with. If set, no key pair is created.
    type: str
  key_id:
    description: The key id of the identity provider. The default is the RFC 7638 thumbprint of the public key.
    type: str
  allow_shared_key:
    description:
      - Whether tenants of the same run may share a folder for keys, a private key in a key store, or an issuer together with
        a key. No claim of a token names the tenant, so a token for one of them would also be valid in the other.
      - If V(true), O(key_directory) may have key pairs of other tenants, so those that are not in O(keys) are neither
        reported nor removed.
    type: bool
    default: false
  allow_new_key:
    description:
      - Whether to create a key although O(key_directory) has none, and the tenant has an identity provider with O(issuer)
        that this collection created, so that there must have been a key. If V(false), this is an error.
      - A key in a key store is found there, so it may have lost its files. If the tenant does not know the version that
        signs, this option also decides whether to register it.
    type: bool
    default: false
  register_idp:
    description: Whether to register the keys in the tenant as identity providers.
    type: bool
    default: false
  compare:
    description:
      - What to compare to decide whether an identity provider can stay.
      - With V(public_key), a renewed certificate for the same key changes nothing in the tenant, and the task warns if the
        certificate in the tenant differs, or ends soon. With V(certificate), the identity provider is replaced, and users
        can log in throughout. It is not known whether an expired certificate stops logins.
    type: str
    choices: [public_key, certificate]
    default: public_key
  purge:
    description:
      - Whether to delete what no key in O(keys) owns. These are identity providers with O(issuer) that this collection
        created, and key pairs in O(key_directory). If V(false), the task warns of them.
      - A login with the current key is proven first. Therefore, this needs O(register_idp) and one of O(users). Identity
        providers with another description, or of another issuer or kind, are never deleted. A backup of each private key
        remains.
      - Of a key in a key store that is no longer in O(keys), the identity provider is deleted, but its public key and
        certificate remain in the folder.
      - Do not set this if the keys of the tenant are in several folders. If the folder has keys of other tenants, set
        O(allow_shared_key).
    type: bool
    default: false
  api_key:
    description:
      - An API key of a tenant admin. The default is E(QSCLOUD_API_KEY) in the environment.
      - Credentials in the environment are only used if neither O(api_key) nor any option whose name begins with C(client_)
        is set, and only for the tenant in E(QSCLOUD_TENANT_URL).
    type: str
  client_id:
    description:
      - The ID of an OAuth client that may administer the tenant, as an alternative to an API key. The default is
        E(QSCLOUD_CLIENT_ID) in the environment.
    type: str
  auto_create_groups:
    description:
      - Whether the tenant should create the groups that it finds in tokens. If it does not, it drops them. This only has an
        effect with O(register_idp).
      - The default is the tenant's current setting. In this case, the task warns if the tenant drops groups of O(users).
    type: bool
  verify_login:
    description:
      - When to prove, with a separate token, that the first of O(users) can log in. This only has an effect with
        O(register_idp).
      - V(changed) means after an identity provider has been registered, and before one is deleted. The login may create
        the user, and consume a licence that is assigned automatically.
      - After an identity provider has changed, the login is retried for half a minute, because Qlik does not document how
        soon a new identity provider can be used.
    type: str
    choices: [never, changed, always]
    default: never
  variables:
    description:
      - A prefix of variables of the host. An option that the task does not set is read from the variable whose name is
        this prefix and the option, if it exists. The role uses V(tenant_jwt_).
    type: str
"""

    KEYS = r"""
options:
  allow_absent:
    description:
      - Whether several hosts of a play may have V(absent) as their O(state). If V(false), this is an error, so that one
        variable on the command line cannot delete the keys of all tenants by mistake.
    type: bool
    default: false
  key_size:
    description: The size of a new key in bits.
    type: int
    choices: [2048, 3072, 4096]
    default: 4096
  certificate_days:
    description: Validity of the certificate in days.
    type: int
    default: 365
  renew_before_days:
    description:
      - How many days before it expires the certificate is renewed, with the same key.
      - The default is 30, or a third of O(certificate_days) if O(certificate_days) is 30 or less.
    type: int
  common_name:
    description: The common name of the certificate.
    type: str
    default: qs-jwt
  private_key_uri:
    description:
      - The URI of the private keys in O(keys) if they are in a key store, such as V(hashivault://transit/{prefix}acme).
        C({prefix}) is replaced by the prefix of each key.
      - V(awskms:///alias/NAME) is a key in AWS KMS. Its id or its ARN can take the place of C(alias/NAME). Requires boto3,
        which finds credentials and region as usual, such as by E(AWS_PROFILE) or E(AWS_DEFAULT_REGION).
      - V(hashivault://[MOUNT/]NAME) is a key in the transit secrets engine of HashiCorp Vault or OpenBao. The default of
        C(MOUNT) is C(transit). The newest version of the key signs, unless the URI ends with V(?version=NUMBER).
      - V(pkcs11:token=LABEL;object=LABEL) is a key on a token with a PKCS#11 module, such as an HSM, in the form of
        RFC 7512, also with C(id), C(serial), C(module-path) and C(pin-source). Requires python-pkcs11.
      - A key that does not exist is created in the store. Only public keys and certificates are files, and they are
        written again if they are lost. The task never deletes a key in its store. If a key was rotated there, the task
        fails, because the tenant does not know the new version.
      - Use a different key for each tenant. In a variable for all hosts, write the variable C(inventory_hostname) after
        C({prefix}). Requires cryptography 38 or newer.
    type: str
  vault_address:
    description: The URL of Vault or OpenBao. The default is E(VAULT_ADDR) in the environment.
    type: str
  vault_token:
    description:
      - The token for Vault or OpenBao. Its policies must allow C(read) on C(MOUNT/keys/NAME) and C(update) on
        C(MOUNT/sign/NAME). To create a key, they must also allow C(create) and C(update) on C(MOUNT/keys/NAME).
      - The default is E(VAULT_TOKEN) in the environment, but only for the server in E(VAULT_ADDR).
    type: str
  vault_namespace:
    description: The namespace in Vault or OpenBao. The default is E(VAULT_NAMESPACE) in the environment.
    type: str
  vault_ca_path:
    description:
      - Path to a file in PEM format with the CA certificates to trust for Vault or OpenBao, instead of the system's. The
        default is E(VAULT_CACERT) in the environment.
    type: path
  pkcs11_module_path:
    description:
      - Absolute path to the PKCS#11 module of a token, such as V(/usr/lib/softhsm/libsofthsm2.so). The default is
        E(PKCS11_MODULE_PATH) in the environment. C(module-path) in O(private_key_uri) takes precedence.
    type: path
  pkcs11_pin:
    description:
      - The PIN of the token's user. Each tenant's task tries it once, and never if it is the last try before the token
        locks. O(private_key_uri) may have the path of a file with the PIN instead, after V(?pin-source=).
    type: str
  private_key_passphrase:
    description: The passphrase of the private key, whether new or existing.
    type: str
  private_key_old_passphrase:
    description:
      - The previous passphrase of keys created here. It is replaced by O(private_key_passphrase). The keys themselves do
        not change. Set it to an empty text (V("")) for keys that may still be unencrypted.
    type: str
  url:
    description: The URL of the tenant. The default is C(https://) followed by O(tenant).
    type: str
  client_secret:
    description:
      - The secret of the OAuth client. The default is E(QSCLOUD_CLIENT_SECRET) in the environment.
      - A client needs either a secret or a private key, which is in one of O(client_private_key_path),
        O(client_private_key_content) and O(client_private_key_uri).
    type: str
  client_private_key_path:
    description:
      - Path to a private key of the OAuth client, which signs what proves the client instead of a secret. The default is
        E(QSCLOUD_CLIENT_PRIVATE_KEY_PATH) in the environment.
      - The client must have C(private_key_jwt) in its C(allowedAuthMethods), and the public key in its C(publicKeys).
    type: path
  client_private_key_content:
    description:
      - The content of the private key of the OAuth client. The default is E(QSCLOUD_CLIENT_PRIVATE_KEY_CONTENT) in the
        environment.
    type: str
  client_private_key_uri:
    description:
      - The URI of the private key of the OAuth client in a key store, in the form of O(private_key_uri). The default is
        E(QSCLOUD_CLIENT_PRIVATE_KEY_URI) in the environment.
    type: str
  client_private_key_passphrase:
    description:
      - The passphrase of the private key of the OAuth client, if it is encrypted. The default is
        E(QSCLOUD_CLIENT_PRIVATE_KEY_PASSPHRASE) in the environment.
    type: str
  client_key_id:
    description:
      - The key id that the public key has in the OAuth client. The default is E(QSCLOUD_CLIENT_KEY_ID) in the environment,
        or else the RFC 7638 thumbprint of the public key.
    type: str
  ca_path:
    description: Path to a file in PEM format with the CA certificates to trust. The default is the system's.
    type: path
  timeout:
    description: How many seconds to wait for each response of the tenant.
    type: int
    default: 30
"""
