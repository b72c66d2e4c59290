// Rows by attributes of the user: every reader sees the orders of the user's own countries.
entity Orders {
    key ID : Integer;
        country : String;
}

@path: '/orders' @requires: 'Display'
service OrderService {
    @restrict: [{ grant: 'READ', where: ($user.Country is null or country = $user.Country) }]
    entity Visible as projection on Orders;
}

// Roles decide who reads which orders, and who changes them.
@path: '/management' @requires: 'authenticated-user'
service ManagementService {
    @restrict: [
        { grant: 'READ', to: 'Display', where: (country = $user.Country) },
        { grant: ['READ', 'UPDATE'], to: 'Edit' }
    ]
    entity Managed as projection on Orders;
}
