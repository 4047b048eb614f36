# Copyright (c) 2026, tenantops
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test can set about a tenant: where Qlik does not say what its cloud does, both answers; and a few settings."""

from __future__ import annotations

import dataclasses
import typing as t


@dataclasses.dataclass
class Switches:
    """The switches of a tenant, with the answer that holds unless a test asks for the other one.

    A switch whose type is a ``Literal`` is something that no source tells, except for :attr:`sourced_refusal`.
    """

    shared_issuer: t.Literal["allow", "refuse"] = "allow"
    """Two JWT providers with one issuer and different key ids."""
    duplicate: t.Literal["allow", "refuse"] = "refuse"
    """Two JWT providers with the same issuer and key id."""
    expired_certificate: t.Literal["allow", "refuse"] = "allow"
    """Logins with a provider whose certificate is not valid now."""
    existing_email: t.Literal["create", "reassign", "refuse"] = "create"
    """A login with a new subject and the address of another user: a new user, that user under the new subject (only
    if the token vouches for the address), or none."""
    kid_characters: t.Literal["any", "url_safe"] = "any"
    """In the key id of a new provider."""
    pem_line_breaks: t.Literal["refuse", "allow"] = "refuse"
    """In the PEM of a new provider. Qlik says that there must be none, but not what happens otherwise."""
    pem_read_back: t.Literal["as_sent", "with_line_breaks"] = "as_sent"
    """The form in which the PEM of a provider is read."""
    public_key: t.Literal["allow", "refuse"] = "allow"
    """A public key in place of the certificate."""
    refusal_status: t.Literal["400", "401", "403"] = "401"
    """The status of the refusals at login that no source tells."""
    sourced_refusal: t.Literal["none", "AUTH-5", "LOGIN-12", "USER_INVITE_EXPIRED"] = "none"
    """The refusal, which Qlik has published, of logins whose token is in order; no source tells all of its causes."""
    token_body: t.Literal["both", "form", "json"] = "both"
    """The bodies in which a client can ask for an access token: Qlik documents both, but not with an assertion."""
    token_refusal_status: t.Literal["400", "401", "403"] = "401"
    """The status of the refusals of an access token that no source tells."""
    token_refusal_form: t.Literal["qlik", "rfc6749"] = "qlik"
    """The body of such a refusal: Qlik's, or the one of RFC 6749, section 5.2."""
    assertion_client_id: t.Literal["optional", "required"] = "optional"
    """The client id beside an assertion."""
    unused_secret: t.Literal["none", "returned"] = "none"
    """The secret of a new client that can only use keys."""
    public_keys_limit: t.Literal["none", "1", "2", "5"] = "none"
    """How many public keys a client takes."""
    public_keys_value: t.Literal["list", "text", "texts"] = "list"
    """The public keys in a patch: a list of objects; or, as the typed client declares, JSON or a list of JSON texts."""
    unknown_scope: t.Literal["refuse", "allow"] = "refuse"
    """A scope that Qlik does not list, in a new or changed client."""
    page_parameter: t.Literal["next", "offset"] = "next"
    """In the link to the next page of an organization's tenants: Qlik's pages have both."""
    filter_needs_subscription: bool = False
    """Whether a filter of an organization's tenants must have the subscription: Qlik says so, and has one without."""
    list_moves: bool = False
    """Whether an organization's tenants move to a later page while they are read."""
    delete_ends_sessions: bool = False
    """Whether sessions end with the provider that let them in."""
    redirect_users_me: bool = False
    """Whether ``/users/me`` answers with a redirect to ``/users/<id>``."""
    provider_delay_s: float = 0
    """Seconds until a new provider lets users log in."""
    list_delay_s: float = 0
    """Seconds until a new provider or OAuth client is listed; it can be read by its id at once."""
    client_key_delay_s: float = 0
    """Seconds until a new public key of an OAuth client can be used."""
    rate_limits: bool = False
    """Whether requests are counted and, over the limit, refused."""
    rate_window_s: float = 300
    """Seconds over which they are counted: Qlik's five minutes, or less for a test that cannot wait."""
    latency_ms: float = 0
    """Milliseconds by which each answer comes later."""
    clock_offset_s: float = 0
    """Seconds by which the tenant's clock is ahead of ours, also in the header Date."""
    auto_create_groups: bool = False
    """What the setting of that name is in a new tenant."""

    def set(self, name: str, value: t.Any) -> None:
        """Turn a switch.

        :param value: of its type, or the text of it.
        :raises ValueError: if there is no such switch or answer.
        """
        kind = t.get_type_hints(Switches).get(name)
        if kind is None:
            raise ValueError(f"There is no switch {name}.")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if kind is float:
            setattr(self, name, float(value))
            return
        answers = ("true", "false") if kind is bool else t.get_args(kind)
        if text not in answers:
            raise ValueError(f"{name} is {text}, but must be one of {', '.join(answers)}.")
        setattr(self, name, text == "true" if kind is bool else text)
