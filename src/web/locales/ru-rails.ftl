# Реквизиты, которые вводят здесь, и файлы для банка.
kind-sbp = По номеру телефона (СБП)
kind-yoomoney = Кошелёк ЮMoney
kind-paypal = Счёт PayPal
kind-iban = Банковский счёт (IBAN)
kind-account = Счёт в российском банке
rail-kept = Введённое хранится зашифрованным и целиком видно только банку, который платит.
rail-phone = Номер телефона
rail-bank = Банк
rail-bank-choose = Выберите банк
rail-bank-id = Номер банка в СБП
rail-bank-away = Список банков сейчас недоступен. В номере двенадцать цифр.
rail-wallet = Номер кошелька
rail-email = Адрес почты счёта PayPal
rail-name = Владелец счёта
rail-iban = Номер IBAN
rail-bik = БИК банка
rail-account = Номер счёта
invalid-phone = Напишите российский номер: +7 и десять цифр.
invalid-bank-id = Выберите банк или напишите его двенадцать цифр.
invalid-account = В номере ошибка. Сверьте его по цифрам.
invalid-iban = Это не IBAN. Сверьте его по знакам.
invalid-bik = Напишите девять цифр, первые из них 04.
payout-reason-insufficient-funds = на нашем счёте в банке не хватило денег; попробуйте позже
payout-reason-fraud-suspected = банк заподозрил мошенничество
payout-reason-one-time-limit-exceeded = это больше, чем банк платит за раз
payout-reason-periodic-limit-exceeded = лимит банка для этих реквизитов исчерпан
payout-reason-rejected-by-payee = получатель отказался
payout-reason-general-decline = банк отказал и не сказал почему
payout-reason-issuer-unavailable = банк получателя не ответил
payout-reason-recipient-not-found = банк не знает такого получателя
payout-reason-recipient-check-failed = имя не подошло к получателю
payout-reason-identification-required = сначала кошелёк нужно подтвердить
payout-reason-invalid-request = банк не платит на эти реквизиты
op-files = Файлы для банка
op-files-text = В файл попадает всё одобренное, чего ещё нет в других файлах. Сделать файл — значит поручить выплату: каждый вывод бывает только в одном файле.
op-files-export = Сделать файл из одобренного
op-files-file = Файл банка
op-files-answer = Ответ банка: таблица, pain.002 или camt.054
op-files-import = Принять ответ банка
op-files-changed = Изменено выводов:
op-files-unchanged = Без изменений:
op-files-contrary = Противоречит известному, посмотрите эти выводы:
op-files-unknown = Не подходит ни к одному выводу этого банка:
op-files-no-bank = Банк, который принимает файлы, не настроен.
op-files-none = Файлов пока нет.
op-files-count = { $count ->
    [one] { $count } вывод
    [few] { $count } вывода
   *[many] { $count } выводов
}
op-action-payout-export = Сделал файл выплат
op-action-payout-file-read = Взял файл выплат
op-action-payout-import = Принял ответ банка
flash-payout-file-made = Файл готов. Возьмите его ниже и отнесите в банк.
refused-file-is-over = Ни одну выплату из этого файла больше не нужно платить: банку его отдавать нельзя.
refused-nothing-to-export = Нет одобренного, чего не было бы в файлах.
invalid-bank-answer = Это не таблица, не pain.002 и не camt.054, либо файл испорчен.
